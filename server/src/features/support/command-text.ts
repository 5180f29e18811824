/** What the commands of restore input do, in one line each. Source: iptables(8), "COMMANDS". */

/** By the short spelling, in the order in which they are offered. */
export const commandHelp: ReadonlyMap<string, string> = new Map([
  ['-A', 'Append a rule to the end of a chain.'],
  ['-I', 'Insert a rule into a chain: at its beginning, or in front of the rule with that number.'],
  ['-D', 'Delete the rule with that number, or the first one that is the same.'],
  ['-R', 'Replace the rule with that number.'],
  ['-C', 'Look whether there is such a rule; the load fails where there is none.'],
  ['-N', 'Make a chain.'],
  ['-F', 'Delete all rules of a chain, or of all chains of the table.'],
  ['-X', 'Delete an empty chain that no rule jumps to, or all such chains.'],
  ['-P', 'Set the policy of a built-in chain.'],
  ['-Z', 'Set the counters of a chain, or of all chains, to zero.'],
  ['-E', 'Rename a chain.'],
]);
