/** What the reader can find wrong with a single line: each code with one sentence for the documentation. */
export const problemCodes: Readonly<Record<string, string>> = {
  syntax: 'The line is not what its first character promises: a `*table`, a `:CHAIN POLICY` or a rule.',
  'unknown-option': 'No match, target or protocol that the rule loads has this option.',
  'missing-value': 'An option or a command stands without the value that it needs.',
  'bad-argument': 'A word stands where no option takes it as its value.',
  'two-commands': 'A line may hold one command only.',
  'double-negation': 'Two `!` follow each other.',
  'negation-without-option': 'A `!` stands before nothing that it could negate.',
  'unbalanced-quote': 'A quote is opened and never closed, so that it swallows the rest of the line.',
  'trailing-blanks': 'iptables-restore refuses `COMMIT` with anything behind it.',
};
