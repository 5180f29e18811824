# Sends packets into the interfaces of a node and from the node itself, and prints how the kernel's rules took them, in the order of the kernel's own
# messages. Orders on standard input, a line each; started by wire.ts, in the namespace where the other ends of the interfaces are.
#   in LINK FRAME      a frame (hexadecimal) into the node by the LINKth of its interfaces
#   out UID DEST IP    an IP packet (hexadecimal) from a process of the node
#   barrier            prints all traces of what was sent before, each a line "t MESSAGE", then "done"
#   forget             empties the lists of `-m recent`
use strict;
use warnings;
use Socket qw(:all);

my ($af_packet, $af_netlink, $netlink_netfilter, $so_rcvbufforce) = (17, 16, 12, 33);
my $trace_group = 9;

my ($where, @rest) = @ARGV;
if ($where eq 'hosts') {
  # Sockets stay in the namespace where they were made: those of the interfaces' other ends first, then the rest of this in the node's.
  my ($node, @links) = @rest;
  $^F = 64;
  my (@sockets, @numbers);
  for my $index (@links) {
    # Protocol 0 hears nothing.
    socket(my $socket, $af_packet, SOCK_RAW, 0) or die "packet socket: $!";
    bind($socket, pack('S n i S C C a8', $af_packet, 0, $index, 1, 0, 6, '')) or die "interface $index: $!";
    push @sockets, $socket;
    push @numbers, fileno $socket;
  }
  # With its rights kept a process may become another user for the making of a socket, which is whom `-m owner` sees.
  exec 'nsenter', '-t', $node, '-n', 'setpriv', '--securebits', '+no_setuid_fixup', $^X, $0, 'node', @numbers;
  die "nsenter: $!";
}

my @links = map { open my $link, '+<&=', $_ or die "link $_: $!"; $link } @rest;

socket(my $traces, $af_netlink, SOCK_RAW, $netlink_netfilter) or die "netlink: $!";
setsockopt($traces, SOL_SOCKET, $so_rcvbufforce, 1 << 27) or die "buffer: $!";
bind($traces, pack('S S L L', $af_netlink, 0, 0, 1 << ($trace_group - 1))) or die "traces: $!";

my %senders;

sub sender {
  my ($uid, $family) = @_;
  return $senders{"$uid $family"} //= do {
    local $) = "$uid $uid";
    local $> = $uid;
    # Protocol 255 takes whole packets.
    socket(my $socket, $family, SOCK_RAW, 255) or die "raw socket of $uid: $!";
    $socket;
  };
}

my $sentinels = 0;

# Nothing that was sent before is under way when the sentinel, which took the same queue, is seen. It goes by no rule but the one that traces it.
sub sentinel {
  my ($link) = @_;
  my $number = ++$sentinels;
  my $payload = pack('a8 N', 'sentinel', $number);
  my $udp = pack('n n n n', 7, 7, 20, 0) . $payload;
  my $frame = pack('H12 H12 n', '020000000001', '020000000002', 0x0800)
    . pack('C C n n n C C n a4 a4', 0x45, 0, 40, 0, 0, 64, 17, 0, inet_aton('192.0.2.7'), inet_aton('192.0.2.8'));
  my $sum = unpack('%32n*', substr($frame, 14));
  $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
  substr($frame, 24, 2) = pack('n', ~$sum & 0xffff);
  send($link, $frame . $udp, 0) or die "sentinel: $!";
  my $end = time + 20;
  for (;;) {
    my $ready = '';
    vec($ready, fileno($traces), 1) = 1;
    select($ready, undef, undef, 1);
    if (!vec($ready, fileno($traces), 1)) {
      if (time < $end) {
        # An interface that is new drops what is sent before the kernel has noticed that its other end is there.
        send($link, $frame . $udp, 0) or die "sentinel: $!";
        next;
      }
      print "lost sentinel $number was not seen within 20 seconds\n";
      exit 1;
    }
    defined recv($traces, my $message, 65536, 0) or die "traces are lost: $!";
    return if index($message, $payload) >= 0;
    print 't ', unpack('H*', $message), "\n";
  }
}

print "ready\n";
$| = 0;
STDOUT->flush();
while (my $line = <STDIN>) {
  my ($order, @words) = split ' ', $line;
  if ($order eq 'in') {
    send($links[$words[0]], pack('H*', $words[1]), 0) or die "in: $!";
  } elsif ($order eq 'out') {
    my ($uid, $to, $packet) = @words;
    my $family = index($to, ':') < 0 ? AF_INET : AF_INET6;
    my $address = inet_pton($family, $to);
    my $end = $family == AF_INET ? pack_sockaddr_in(0, $address) : pack_sockaddr_in6(0, $address);
    # What a rule drops is refused here already.
    send(sender($uid, $family), pack('H*', $packet), 0, $end);
  } elsif ($order eq 'barrier') {
    sentinel($_) for @links;
    print "done\n";
    STDOUT->flush();
  } elsif ($order eq 'forget') {
    for my $list (glob '/proc/net/xt_recent/*') {
      open my $file, '>', $list or die "$list: $!";
      print $file "/\n";
      close $file or die "$list: $!";
    }
  } else {
    die "no order: $order";
  }
}
