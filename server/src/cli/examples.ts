/** What people type, by command: `--help`, the man page and the tests have the same. */
export interface Example {
  /** Behind the program's name. */
  readonly args: string;
  readonly does: string;
}

export const examples: Readonly<Record<string, readonly Example[]>> = {
  check: [
    { args: 'check node-a.iptables', does: 'what iptables would refuse, and what is wrong on the node' },
    { args: 'check --cluster cluster.json node-a.iptables', does: 'also where dump and cluster disagree' },
    { args: 'check --diff --unsafe node-a.iptables', does: 'what mending would change; --fix instead of --diff does it' },
    { args: 'check --format sarif *.iptables > report.sarif', does: 'for code scanning' },
    { args: 'check --severity repeated-rule=error --severity orphaned-chain=off rules.v4', does: 'as grave as you see it' },
    { args: 'check --list-rules', does: 'every finding there is' },
  ],
  resolve: [
    { args: 'resolve node-a.iptables', does: 'whose chain is whose, by the comments of the dump' },
    {
      args: 'resolve node-a.iptables KUBE-SEP-QWFXKANDF3TMYGQH --cluster cluster.json',
      does: 'which Pod is behind a chain',
    },
    { args: 'resolve node-a.iptables --cluster cluster.json --format json', does: 'by the objects of the cluster, with Pods' },
  ],
  flow: [
    { args: 'flow node-a.iptables --to shop/web:http', does: 'where packets to a Service go' },
    { args: 'flow node-a.iptables --to 10.96.20.10:80 --format svg > flow.svg', does: 'the same to an address, as a picture' },
    { args: 'flow node-a.iptables --to shop/web --with node-b.iptables', does: 'what differs in the flow on another node' },
    { args: 'flow node-a.iptables --to chain:filter/INPUT@2', does: 'who jumps where from a chain, two jumps deep' },
  ],
  map: [
    { args: 'map node-a.iptables', does: 'every Service with its state, those with faults first' },
    {
      args: 'map node-a.iptables --cluster cluster.json --format svg > map.svg',
      does: 'the same as a picture, with nodes and Pods',
    },
  ],
  trace: [
    { args: 'trace node-a.iptables --from 10.244.1.5 --to 10.96.20.10:80', does: 'every way of one packet' },
    {
      args: 'trace node-a.iptables --from shop/web-0 --to shop/api:grpc --cluster cluster.json',
      does: 'the same by the names of Pod and Service',
    },
    { args: 'trace node-a.iptables --from outside --to node:node-a:30080 --reply', does: 'the way of the answer' },
    { args: 'trace node-a.iptables --seen trace.txt', does: 'packets that xtables-monitor --trace saw, beside the rules' },
  ],
  reach: [
    { args: 'reach node-a.iptables --to shop/api --cluster cluster.json', does: 'who reaches a Service by which entry' },
    { args: 'reach before.iptables after.iptables', does: 'what a change of the rules changes of that' },
  ],
  test: [
    { args: 'test node-a.iptables --write shop.packets.yaml', does: 'writes down what is true now' },
    { args: 'test node-a.iptables shop.packets.yaml', does: 'whether it still is' },
    { args: 'test node-a.iptables shop.packets.yaml --format junit > report.xml', does: 'for a pipeline' },
  ],
  drift: [
    { args: 'drift node-a.iptables --cluster cluster.json', does: 'Service by Service, what the node has not programmed yet' },
    { args: 'drift node-a.iptables --context production', does: 'the same of a live cluster' },
  ],
  expected: [
    { args: 'expected --cluster cluster.json --node node-a', does: 'the rules that kube-proxy would write there' },
    {
      args: 'expected --cluster cluster.json --node node-a --version 1.30 --cluster-cidr 10.244.0.0/16',
      does: 'those of a certain version, with its Pod network',
    },
  ],
  canonical: [
    { args: 'canonical node-a.iptables', does: 'tables, chains and rules in one order, without counters' },
    { args: 'canonical node-a.iptables | diff - expected.txt', does: 'for other programs that compare lines' },
  ],
  diff: [
    { args: 'diff before.iptables after.iptables', does: 'what differs in meaning' },
    { args: 'diff --counters before.iptables after.iptables', does: 'also which rules counted packets in between' },
    { args: 'diff node-a.iptables node-b.iptables --cluster cluster.json', does: 'two nodes, with the names of the cluster' },
    { args: 'diff node-a.iptables --expected --cluster cluster.json', does: 'a node and what kube-proxy would write there' },
  ],
  collect: [
    { args: 'collect --node node-a --context production -o bundle', does: 'what can be had through the API' },
    { args: 'collect --script > collect.sh', does: 'a script for a node: ssh node-a "sudo sh -s" < collect.sh > bundle.tar' },
  ],
  diagnose: [
    { args: 'diagnose bundle.tar.gz', does: 'what is wrong on a node, the likeliest first' },
    { args: 'diagnose bundle/ --from shop/web-0 --to shop/api', does: 'why one Pod does not reach a Service' },
  ],
  explain: [{ args: 'explain orphaned-chain', does: 'the page of a finding' }],
  completion: [
    { args: 'completion bash > ~/.local/share/bash-completion/completions/iptables-inspect', does: 'for bash' },
    { args: 'completion zsh > ~/.zfunc/_iptables-inspect', does: 'for zsh, with "fpath+=~/.zfunc" before compinit in ~/.zshrc' },
    { args: 'completion fish > ~/.config/fish/completions/iptables-inspect.fish', does: 'for fish' },
  ],
};

/** The examples of a command for the end of its help; empty where it has none. */
export function examplesText(program: string, command: string): string {
  const own = examples[command] ?? [];
  if (own.length === 0) return '';
  return ['', 'Examples:', ...own.flatMap(({ args, does }) => [`  # ${does}`, `  ${program} ${args}`])].join('\n');
}
