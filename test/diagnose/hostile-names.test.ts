import { describe, expect, it } from 'vitest';
import { bundleFiles, diagnosed } from '../support/bundles.ts';

// Whoever names an interface, a node, a Service or a rule may choose any name: in the commands that a diagnosis tells people to copy it is a name still.

const executed = '$(reboot)';
const recorded = ['hairpin-off', 'nothing-listens', 'route-localnet-off'] as const;
const questions = [{ from: '10.42.0.60', to: '10.96.10.60:80' }, { from: '10.42.0.60', to: '192.0.2.77:80' }, null] as const;

/** What a POSIX shell would run or expand of a command: all of it that does not stand between single quotes. */
function outsideQuotes(command: string): string {
  return command.replace(/'[^']*'/g, '');
}

function commandsOf(from: string, files = bundleFiles(from)): readonly string[] {
  return questions.flatMap((question) => diagnosed(files, question).causes.flatMap(({ confirm, mend }) => [...confirm, ...mend]));
}

describe('a hostile name in a command to copy', () => {
  it.each(recorded)('is data: interfaces, nodes and Services of %s', (name) => {
    const names = new Set<string>();
    for (const { path, text } of bundleFiles(name)) {
      for (const [, link = ''] of text.matchAll(/"ifname":"([^"]+)"/g)) if (link !== 'lo') names.add(link);
      if (path === 'cluster.json') for (const [, own = ''] of text.matchAll(/"name": ?"([a-z0-9-]{4,})"/g)) names.add(own);
    }
    let shown = 0;
    for (const own of names) {
      const files = bundleFiles(name).map(({ path, text }) => ({ path, text: text.replaceAll(own, executed) }));
      for (const command of commandsOf(name, files)) {
        if (command.includes(executed)) shown += 1;
        expect(outsideQuotes(command)).not.toContain(executed);
      }
    }
    if (name === 'hairpin-off') expect(shown).toBeGreaterThan(0);
  });

  it('is data: the comment of a rule that is to be deleted', () => {
    const drop = `-A FORWARD -m comment --comment "${executed} it's" -j DROP`;
    const files = bundleFiles('healthy').map(({ path, text }) => ({
      path,
      text: text.replace(/\*filter\n(?::.*\n)+/, (head) => `${head}${drop}\n`),
    }));
    const commands = commandsOf('healthy', files).filter((command) => command.includes(' -D '));
    expect(commands).toContain(`iptables -w -t filter -D FORWARD -m comment --comment '${executed} it'\\''s' -j DROP`);
    for (const command of commands) expect(outsideQuotes(command)).not.toContain(executed);
  });
});
