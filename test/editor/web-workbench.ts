import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { launchBrowser } from '../support/browser.ts';
import { driver, prepare, type Workbench } from './workbench.ts';

const root = resolve(import.meta.dirname, '../..');
const vscode = join(root, 'test/editor/node_modules/code-server/lib/vscode');
const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.cjs': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
};

/** Where code-server's workbench differs from VS Code's own for the web: it always has a remote machine, which keeps the user's settings. */
const withoutRemote: readonly (readonly [string, string])[] = [
  ['remoteAuthority:location.host}', 'remoteAuthority:void 0}'],
  ['P.file(this.userDataPath).with({scheme:J.vscodeRemote})', 'P.file("/").with({scheme:J.vscodeUserData})'],
];

function workbenchScript(): string {
  let text = readFileSync(join(vscode, 'out/vs/code/browser/workbench/workbench.js'), 'utf8');
  for (const [theirs, ours] of withoutRemote) {
    if (!text.includes(theirs))
      throw new Error(`code-server's workbench has no ${theirs} any more: how does it ask for its remote machine?`);
    text = text.replace(theirs, ours);
  }
  return text;
}

/** A workbench whose extensions run in a worker of the page, on a folder in memory. */
function page(host: string, settings: object): string {
  const extension = (path: string): object => ({ scheme: 'http', authority: host, path });
  const configuration = {
    folderUri: { scheme: 'memory', authority: '', path: '/work' },
    additionalBuiltinExtensions: [extension('/memory-files'), extension('/extension')],
    webviewEndpoint: `http://${host}/vscode/out/vs/workbench/contrib/webview/browser/pre/`,
    configurationDefaults: settings,
    // What code-server's own page says.
    userDataPath: '/',
    isEnabledFileDownloads: true,
    isEnabledFileUploads: true,
    isEnabledCoderGettingStarted: false,
  };
  const attribute = JSON.stringify(configuration).replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<!doctype html>
<meta charset="utf-8">
<meta id="vscode-workbench-web-configuration" data-settings="${attribute}">
<link rel="stylesheet" href="/vscode/out/vs/code/browser/workbench/workbench.css">
<body></body>
<script>globalThis._VSCODE_FILE_ROOT = new URL('/vscode/out/', location).toString();</script>
<script type="module" src="/vscode/out/nls.messages.js"></script>
<script type="module" src="/vscode/out/vs/code/browser/workbench/workbench.js"></script>`;
}

const memoryFiles = {
  name: 'memory-files',
  publisher: 'test',
  version: '1.0.0',
  engines: { vscode: '^1.90.0' },
  browser: './main.js',
  activationEvents: ['onFileSystem:memory'],
  capabilities: { virtualWorkspaces: true, untrustedWorkspaces: { supported: true } },
};

/** What is served at a path; null for nothing. */
function contentAt(path: string, pages: ReadonlyMap<string, () => string>): string | Buffer | null {
  const made = pages.get(path);
  if (made !== undefined) return made();
  const folders = [
    ['/vscode/', vscode],
    ['/extension/', root],
  ] as const;
  for (const [start, folder] of folders) {
    if (!path.startsWith(start)) continue;
    try {
      return readFileSync(join(folder, path.slice(start.length)));
    } catch {
      return null;
    }
  }
  return null;
}

async function serve(files: Readonly<Record<string, string>>, settings: object): Promise<{ server: Server; host: string }> {
  let host = '';
  const script = workbenchScript();
  const pages = new Map<string, () => string>([
    ['/', () => page(host, settings)],
    ['/vscode/out/vs/code/browser/workbench/workbench.js', () => script],
    ['/memory-files/package.json', () => JSON.stringify(memoryFiles)],
    ['/memory-files/package.nls.json', () => '{}'],
    ['/memory-files/main.js', () => readFileSync(join(import.meta.dirname, 'memory-files.js'), 'utf8')],
    ['/memory-files/files.json', () => JSON.stringify(files)],
  ]);
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const content = contentAt(path, pages);
    const type = path === '/' ? 'text/html' : (types[extname(path)] ?? 'application/octet-stream');
    response.writeHead(content === null ? 404 : 200, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(content ?? '');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  // The host's page lets a worker speak to nobody but localhost.
  host = `localhost:${(server.address() as AddressInfo).port}`;
  return { server, host };
}

/**
 * VS Code for the Web in Chromium: no machine behind it, the extension and its language server in workers, and a folder `memory:/work` with these
 * files (path from there to text), one of which is opened. The workbench is the one inside code-server, the extension is the bundles in `dist`.
 */
export async function openWebWorkbench(options: {
  readonly files: Readonly<Record<string, string>>;
  readonly file: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}): Promise<Workbench> {
  const files = Object.fromEntries(Object.entries(options.files).map(([path, text]) => [`/work/${path}`, text]));
  const { server, host } = await serve(files, {
    'workbench.startupEditor': 'none',
    'workbench.reduceMotion': 'on',
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'chat.disableAIFeatures': true,
    'security.workspace.trust.enabled': false,
    'editor.minimap.enabled': false,
    'telemetry.telemetryLevel': 'off',
    ...options.settings,
  });
  const browser = await launchBrowser();
  const close = async (): Promise<void> => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  try {
    const window = await prepare(await browser.newPage({ viewport: { width: 1440, height: 900 } }));
    const payload = JSON.stringify([['openFile', `memory:///work/${options.file}`]]);
    await window.goto(`http://${host}/?payload=${encodeURIComponent(payload)}`);
    await window.locator('.tab.active', { hasText: options.file }).waitFor();
    await window.locator('.monaco-editor .view-line').first().waitFor();
    return { ...driver(window, 'memory:/work'), close };
  } catch (error) {
    await close();
    throw error;
  }
}
