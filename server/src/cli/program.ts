import { Argument, Command, Option } from 'commander';
import { projectVersion } from '../base/project.ts';
import { detectLocalModes } from '../kube/expected/detect-local-modes.ts';
import { questionEntries } from '../kube/question/entries.ts';
import { colorChoices } from './colors.ts';
import { examplesText } from './examples.ts';
import { statusText, unusable } from './exit-statuses.ts';
import { flowFormats } from './flow-formats.ts';
import { formatOption, gathered, onOrOff } from './option-kinds.ts';
import { programName } from './output.ts';
import { checkFormats, plainCheckOptions } from './plain-check.ts';
import { type Shell, shells } from './shells.ts';
import type { Answer } from './written.ts';

const dumpHelp =
  'what iptables-save, ip6tables-save, iptables -S or -L -n -v printed, or a node bundle (folder or tar); - for standard input';

type Answered = (answer: Answer) => void;

function withCluster(command: Command): Command {
  return command
    .option('--cluster <file>', 'snapshot: what "kubectl get nodes,services,endpointslices,pods -A -o json" (or yaml) printed')
    .option('--context <name>', 'ask the cluster of this kubeconfig context');
}

const failOn = new Option('--fail-on <severity>', 'exit with status 1 from this severity on')
  .choices(['error', 'warning', 'info', 'hint'])
  .default(plainCheckOptions.failOn);

type Add = (root: Command, answered: Answered) => void;

const commands: Readonly<Record<string, Add>> = {
  check: addCheck,
  resolve: addResolve,
  flow: addFlow,
  map: addMap,
  trace: addTrace,
  reach: addReach,
  test: addTest,
  drift: addDrift,
  expected: addExpected,
  diff: addDiff,
  canonical: addCanonical,
  diagnose: addDiagnose,
  collect: addCollect,
  explain: addExplain,
  completion: addCompletion,
};

function commandsFor(asked: string | undefined): readonly Add[] {
  const add = asked === undefined || asked === 'completion' || !Object.hasOwn(commands, asked) ? undefined : commands[asked];
  return add === undefined ? Object.values(commands) : [add];
}

/**
 * The commands and their options.
 * @param answered takes what the command that was asked for has to say
 * @param write takes help and the version
 * @param complain takes what is wrong with the arguments
 * @param asked the first argument: where it is a command the others are left out, which takes as long again; `completion` writes of all of them
 */
export function program(
  answered: Answered,
  write: (text: string) => void,
  complain: (text: string) => void,
  asked?: string,
): Command {
  const root = new Command(programName)
    .description("Reads iptables dumps of Kubernetes nodes: what is wrong, whose chain is whose, where a Service's traffic goes.")
    .version(projectVersion)
    // So that `expected --version 1.34` is the version of kube-proxy.
    .enablePositionalOptions()
    .exitOverride()
    // One line, as for every other input that cannot be used.
    .configureOutput({ writeOut: write, outputError: (text) => complain(text.replace(/^error: /, '')) })
    .addHelpText('after', `\nExit status: 0 nothing found, 1 something was (each command's --help says what), 2 ${unusable}.`);
  for (const add of commandsFor(asked)) add(root, answered);
  // It has been read before: texts are painted by then.
  root.hook('preAction', (_, command) => void command.setOptionValue('color', undefined));
  for (const command of [root, ...root.commands]) {
    command.addOption(new Option('--color <when>', 'colour in text').choices(colorChoices).default('auto'));
    command.addHelpText('after', examplesText(programName, command.name()));
    if (command !== root) command.addHelpText('after', statusText(command.name()));
  }
  return root;
}

/** The commands and options alone, for whoever writes of them: nothing is run. */
export function describedProgram(): Command {
  const ignore = (): void => undefined;
  return program(ignore, ignore, ignore);
}

function addCompletion(root: Command, answered: Answered): void {
  root
    .command('completion')
    .description('a script with which a shell completes commands, options and codes of findings')
    .addArgument(new Argument('<shell>', 'which one').choices(shells))
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completion.ts');
      const { severityLevels } = await import('./check-severity.ts');
      const { findingCodes } = await import('../lint/registry.ts');
      const words = { codes: [...findingCodes().keys()], levels: severityLevels };
      answered({ output: completionScript(shell, root, words), status: 0 });
    });
}

function addExplain(root: Command, answered: Answered): void {
  root
    .command('explain')
    .description('the page of a finding: what it means, what it does, how to confirm and to mend it')
    .argument('<code>', 'what stands in brackets behind a finding, such as orphaned-chain')
    .action(async (code) => {
      const { explain } = await import('./explain-command.ts');
      answered({ output: explain(code), status: 0 });
    });
}

function addCheck(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('check')
      .description('errors and oddities, as the editor underlines them; with a cluster also where it disagrees')
      .argument('[dump...]', dumpHelp),
  )
    .addOption(formatOption(...checkFormats))
    .addOption(failOn)
    .option(
      '--severity <code=level>',
      'how grave a finding is: off, hint, info, warning or error; may be given several times',
      gathered,
    )
    .option('--fix', 'mend the files, as far as it is safe; what is mended of standard input goes to standard output')
    .option('--unsafe', 'with --fix or --diff: make fixes that change what the rules do, or are a guess, too')
    .option('--diff', 'print what --fix would change, and change nothing; status 1 where there is something')
    .option('--no-cache', 'neither look up nor keep what was said of the same content')
    .option('--list-rules', 'print every finding there is, with how grave it is')
    .action(async (dumps, options) => {
      if (options.listRules === true) {
        const { listRules } = await import('./check-rules.ts');
        answered({ output: listRules(options), status: 0 });
        return;
      }
      const { checkCached } = await import('./check-cached.ts');
      answered(await checkCached(dumps, options, projectVersion));
    });
}

function addCollect(root: Command, answered: Answered): void {
  root
    .command('collect')
    .description(
      'a node bundle for diagnose: by a script for the node that only reads and prints a tar archive, or through the API',
    )
    .option('--script', 'print the script (POSIX sh): ssh NODE "sudo sh -s" < collect.sh > bundle.tar')
    .option('--node <name>', "collect through the API, by kube-proxy's Pod on this node or a network plugin's")
    .option('--context <name>', 'the kubeconfig context of its cluster')
    .option('-o, --output <folder>', 'the folder that the bundle is written to')
    .option('--debug-pod <image>', 'where no Pod there can be asked: make one in kube-system for as long as programs run')
    .action(async (options) => {
      const { runCollect } = await import('./collect-command.ts');
      answered({ output: await runCollect(options), status: 0 });
    });
}

function addDiagnose(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('diagnose')
      .description(
        'what is wrong on a node, the likeliest first: rules, settings, routes, connections and cluster looked at together',
      )
      .argument('<bundle>', dumpHelp),
  )
    .option('--from <source>', 'IP[:PORT], namespace/pod, node:NAME, this-node or outside')
    .option('--to <destination>', 'IP:PORT, namespace/service[:port], namespace/pod[:port], node:NAME[:port] or this-node[:port]')
    .option('--proto <protocol>', "by name or number (default: the Service's, else tcp)")
    .option('--node <name>', 'the node (default: told by the bundle or the dump)')
    .addOption(formatOption('text', 'json', 'markdown'))
    .action(async (bundle, options) => {
      const { runDiagnose } = await import('./diagnose-command.ts');
      answered(await runDiagnose(bundle, options));
    });
}

function addResolve(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('resolve')
      .description('the Service, endpoint and Pod behind each chain')
      .argument('<dump>', dumpHelp)
      .argument('[chain...]', 'these chains only, such as KUBE-SEP-QWFXKANDF3TMYGQH'),
  )
    .addOption(formatOption('text', 'json'))
    .option('--annotate', 'print the dump with these names as comments; iptables-restore loads it as before')
    .action(async (dump, chains, options) => {
      const { runResolve } = await import('./resolve-command.ts');
      answered({ output: await runResolve(dump, chains, options), status: 0 });
    });
}

function addFlow(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('flow')
      .description('where packets to an address or a Service go, with what chance, and what changes them')
      .argument('<dump>', dumpHelp)
      .requiredOption(
        '--to <target>',
        'IP[:PORT[/PROTO]] or namespace/name[:port], behind expected: as kube-proxy would write it; or chain:TABLE/CHAIN[@DEPTH] for the jumps from any chain',
      )
      .option('--node <name>', 'the node that the dump is of (default: told by the dump)')
      .option('--with <dump>', 'another dump, to say what differs in its flow (text, json, svg and html)'),
  )
    .addOption(formatOption(...flowFormats))
    .action(async (dump, options) => {
      const { runFlow } = await import('./flow-command.ts');
      answered({ output: await runFlow(dump, options), status: 0 });
    });
}

function addMap(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('map')
      .description('all Services of a dump with their states, entries and endpoints, by namespace, those with faults first')
      .argument('<dump>', dumpHelp)
      .option('--node <name>', 'the node that the dump is of (default: told by the dump)'),
  )
    .addOption(formatOption(...flowFormats))
    .action(async (dump, options) => {
      const { runMap } = await import('./map-command.ts');
      answered({ output: await runMap(dump, options), status: 0 });
    });
}

function addTrace(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('trace')
      .description('every way of one packet through the rules, with its probability')
      .argument('<dump>', dumpHelp),
  )
    .option('--from <source>', 'IP[:PORT], namespace/pod, node:NAME, this-node or outside')
    .option('--to <destination>', 'IP:PORT, namespace/service[:port], namespace/pod[:port], node:NAME[:port] or this-node[:port]')
    .option('--proto <protocol>', "by name or number (default: the Service's, else tcp)")
    .addOption(
      new Option(
        '--entry <entry>',
        'by which address of a Service (default: clusterIP from inside, load balancer from outside)',
      ).choices(questionEntries),
    )
    .option('--ipv6', 'by an IPv6 address, of a Service or node that has both')
    .option('--sport <port>', 'the source port, where --from does not say it')
    .option('--in <interface>', 'that it came in through')
    .option('--out <interface>', 'that it will leave through')
    .addOption(new Option('--hook <hook>', 'where it is first met').choices(['prerouting', 'output']))
    .option('--state <state>', 'of its connection (default: NEW, or what conntrack says of such flags or ICMP types)')
    .option('--reply', 'follow the answer to it: --from and --to are the ends as the connection was asked for')
    .option('--established', 'follow a later packet of its connection, translated as the first one was')
    .option('--icmp-type <type>', 'TYPE, TYPE/CODE or a name as of iptables (default: echo-request)')
    .option(
      '--flags <flags>',
      'TCP flags with commas between, or NONE (default: SYN; SYN,ACK for an answer; ACK for a later packet)',
    )
    .option('--mark <number>', 'its mark')
    .option('--uid <user>', 'of the process that sends it, with --hook output')
    .option('--gid <group>', 'likewise')
    .option('--ttl <number>', 'TTL or hop limit, as it comes in')
    .option('--length <bytes>', 'of the whole IP packet')
    .option('--tos <number>', 'the byte that holds DSCP and ECN')
    .option(
      '--seen <file>',
      'in place of --from and --to: packets as xtables-monitor --trace, nft monitor trace or a kernel log with TRACE shows them',
    )
    .option('--local <ip,...>', "the node's addresses; all others are taken to be elsewhere (default: told by the cluster)")
    .option('--node <name>', 'the node that the dump is of (default: told by the dump)')
    .addOption(formatOption('text', 'json'))
    .action(async (dump, options) => {
      const { runTrace } = await import('./trace-command.ts');
      answered(await runTrace(dump, options));
    });
}

function addReach(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('reach')
      .description('who reaches a Service by which entry, and what changes on the way; of two dumps, where they differ')
      .argument('<dump>', dumpHelp)
      .argument('[other]', 'a dump of another node, or of this one at another time'),
  )
    .option('--to <target>', 'namespace/name[:port] or IP[:PORT[/PROTO]] (default: all Services that the dump has rules for)')
    .option('--node <name>', 'the node that the dump is of (default: told by the dump)')
    .option('--other-node <name>', 'the node that the other dump is of (default: that of --node, else told by the dump)')
    .addOption(formatOption('text', 'json'))
    .action(async (dump, other, options) => {
      const { runReach } = await import('./reach-command.ts');
      answered(await runReach(dump, other, options));
    });
}

function addTest(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('test')
      .description('whether what must come of packets comes of them; or writes what comes of them now')
      .argument('<dump>', dumpHelp)
      .argument('[file]', 'FILE.packets.yaml: packets and what must come of them'),
  )
    .option('--node <name>', 'the node that the dump is of (default: what the file says, else told by the dump)')
    .option('--write <file>', 'write what is true now, for every client and every entry, to this file; - for standard output')
    .option('--to <target>', 'with --write: of one Service or address only, namespace/name[:port] or IP[:PORT[/PROTO]]')
    .option('--force', 'with --write: over a file that is there already')
    .addOption(formatOption('text', 'json', 'junit'))
    .action(async (dump, file, options) => {
      const { runTest } = await import('./test-command.ts');
      answered(await runTest(dump, file, options));
    });
}

function addDrift(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('drift')
      .description('where the dump and the cluster (--cluster or --context) disagree, Service by Service')
      .argument('<dump>', dumpHelp),
  )
    .option('--node <name>', 'the node that the dump is of (default: told by the dump)')
    .option('--cluster-cidr <cidr>', 'the Pod network that kube-proxy was given (default: told by the dump)')
    .option('--kube-proxy-version <version>', 'of kube-proxy, 1.24 to 1.36 (default: told by the dump and the node)')
    .addOption(formatOption('text', 'json'))
    .action(async (dump, options) => {
      const { runDrift } = await import('./drift-command.ts');
      answered(await runDrift(dump, options));
    });
}

function addExpected(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('expected')
      .description('the nat and filter rules that kube-proxy would write on a node, as iptables-save text')
      .requiredOption('--node <name>', 'the node'),
  )
    .option('--cluster-cidr <cidr>', 'the Pod network that kube-proxy was given; one of each family with a comma between')
    .option('--version <version>', 'of kube-proxy, 1.24 to 1.36 (default: that of the node)')
    .addOption(
      new Option('--family <family>', 'write one family only (default: those of the Services)').choices(['ipv4', 'ipv6']),
    )
    .option('--masquerade-all [boolean]', 'masquerade all traffic to clusterIPs', onOrOff)
    .option('--masquerade-bit <bit>', 'the bit of the mark for masquerading, 0 to 31 (default: 14)')
    .option('--localhost-nodeports [boolean]', 'whether NodePorts can be reached by 127.0.0.1 (default: true)', onOrOff)
    .option(
      '--nodeport-addresses <networks>',
      'where NodePorts are open: networks with commas between, or "primary" (default: everywhere)',
    )
    .option('--detect-local-mode <mode>', `how Pods' traffic is told: ${detectLocalModes.join(', ')} (default: ClusterCIDR)`)
    .option('--bridge-interface <name>', 'for BridgeInterface')
    .option('--interface-prefix <prefix>', 'for InterfaceNamePrefix')
    .action(async (options) => {
      const { runExpected } = await import('./expected-command.ts');
      answered({ output: await runExpected(options), status: 0 });
    });
}

function addCanonical(root: Command, answered: Answered): void {
  root
    .command('canonical')
    .description('the dump in one order, without counters: for the textconv of git, and for comparing line by line')
    .argument('<dump>', dumpHelp)
    .action(async (dump) => {
      const { runCanonical } = await import('./canonical-command.ts');
      answered({ output: runCanonical(dump), status: 0 });
    });
}

function addDiff(root: Command, answered: Answered): void {
  withCluster(
    root
      .command('diff')
      .description('what differs between two dumps in meaning, not in order or in counters')
      .argument('<before>', dumpHelp)
      .argument('[after]', dumpHelp)
      .option('--expected', 'compare one dump with what kube-proxy would write on its node; needs the cluster'),
  )
    .option('--counters', 'also which rules counted packets in between, of two dumps with counters')
    .addOption(formatOption('text', 'json'))
    .action(async (before, after, options) => {
      const { runDiff } = await import('./diff-command.ts');
      answered(await runDiff(before, after, options));
    });
}
