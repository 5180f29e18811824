import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { describe, it } from 'vitest';
import { isEditorInstalled } from './embedded-editor.ts';

/** What a test may need that not every machine has. */
export type Requirement =
  | 'chromium'
  | 'root'
  | 'iptables'
  | 'nftables'
  | 'nfacct'
  | 'ipset'
  | 'perl'
  | 'code-server'
  | 'neovim'
  | 'patch'
  | 'git'
  | 'man'
  | 'bash'
  | 'zsh'
  | 'fish';

function onPath(name: string): string | null {
  // Debian keeps iptables in /usr/sbin, which is not on everyone's PATH.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not there: the next folder.
    }
  }
  return null;
}

/** The path of a Chromium or Chrome on this machine, null where there is none; CHROMIUM_PATH names one outside PATH. */
export function chromiumPath(): string | null {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && existsSync(named)) return named;
  return onPath('chromium') ?? onPath('chromium-browser') ?? onPath('google-chrome');
}

/** The path of a Neovim on this machine, null where there is none; NEOVIM_PATH names another than that on PATH. */
export function neovimPath(): string | null {
  const named = process.env['NEOVIM_PATH'];
  if (named !== undefined && existsSync(named)) return named;
  return onPath('nvim');
}

/** The Neovims to try: that of this machine, and the newest of Debian's where `.ci/newest-neovim` brought it. */
export function neovims(): readonly string[] {
  const newest = resolve(import.meta.dirname, '../neovim/newest/nvim');
  return [neovimPath() ?? 'nvim', ...(existsSync(newest) ? [newest] : [])];
}

const checks: Readonly<Record<Requirement, { readonly met: () => boolean; readonly how: string }>> = {
  chromium: { met: () => chromiumPath() !== null, how: 'Chromium: apt-get install chromium' },
  root: {
    met: () => process.getuid?.() === 0 && spawnSync('unshare', ['-n', 'true']).status === 0,
    how: 'root and network namespaces: sudo npm test',
  },
  iptables: { met: () => onPath('iptables-nft-restore') !== null, how: 'iptables: apt-get install iptables' },
  nftables: { met: () => onPath('nft') !== null, how: 'nftables: apt-get install nftables' },
  ipset: { met: () => onPath('ipset') !== null, how: 'ipset: apt-get install ipset' },
  perl: { met: () => onPath('perl') !== null, how: 'perl: apt-get install perl-base' },
  nfacct: { met: () => onPath('nfacct') !== null, how: 'nfacct: apt-get install nfacct' },
  neovim: { met: () => neovimPath() !== null, how: 'Neovim: apt-get install neovim' },
  patch: { met: () => onPath('patch') !== null, how: 'patch: apt-get install patch' },
  git: { met: () => onPath('git') !== null, how: 'git: apt-get install git' },
  man: { met: () => onPath('groff') !== null, how: 'groff: apt-get install groff-base' },
  bash: { met: () => onPath('bash') !== null, how: 'bash: apt-get install bash' },
  zsh: { met: () => onPath('zsh') !== null, how: 'zsh: apt-get install zsh' },
  fish: { met: () => onPath('fish') !== null, how: 'fish: apt-get install fish' },
  'code-server': {
    met: isEditorInstalled,
    how: 'the embedded editor: npm run install-editor',
  },
};

/** What is missing on this machine for these requirements, each with how to get it; empty when the tests can run. */
export function missing(requirements: readonly Requirement[]): readonly string[] {
  return requirements.filter((requirement) => !checks[requirement].met()).map((requirement) => checks[requirement].how);
}

/**
 * A `describe` that runs where the machine has what it needs. Elsewhere it is one skipped test that says what is missing, or with
 * IPTABLES_REQUIRE_ALL=1 (CI) one failed test.
 */
export function describeWith(requirements: Requirement | readonly Requirement[], name: string, body: () => void): void {
  const required = typeof requirements === 'string' ? [requirements] : requirements;
  const lacking = missing(required);
  if (lacking.length === 0) {
    describe(name, body);
    return;
  }
  const message = `needs ${lacking.join('; ')}`;
  describe(name, () => {
    if (process.env['IPTABLES_REQUIRE_ALL'] === '1') {
      it(message, () => {
        throw new Error(message);
      });
    } else {
      it.skip(message, () => undefined);
    }
  });
}
