import { afterEach, describe, expect, it } from 'vitest';
import { type DiagnoseResult, diagnoseRequest, type TraceResult, traceRequest } from '../../server/src/protocol/trace.ts';
import { bundleFiles, withChanges } from '../support/bundles.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const folder = 'file:///node/';
const dump = `${folder}iptables-save.txt`;
const files = bundleFiles('hairpin-off');
const textOf = (path: string): string => files.find((file) => file.path === path)?.text ?? '';

function inMemory() {
  const all = withChanges(files, { 'meta.json.gz': 'no archive' });
  return filesOf(Object.fromEntries(all.map(({ path, text }) => [`${folder}${path}`, text])));
}

let server: InProcessServer;
afterEach(() => server.dispose());

async function started(access = inMemory()): Promise<void> {
  server = startInProcessServer(access);
  await server.initialize();
}

const ask = (source: string, from = '', to = ''): Promise<DiagnoseResult> =>
  server.client.sendRequest<DiagnoseResult>(diagnoseRequest, { source, from, to });

describe('a diagnosis in the editor', () => {
  it('is of the bundle in a folder, with the files that its evidence names', async () => {
    await started();
    const { text, markdown, files: named, reason } = await ask(folder.slice(0, -1), 'shop/solo-0', 'shop/solo');
    expect(reason).toBe('');
    expect(text).toMatch(/^tcp from shop\/solo-0 to shop\/solo is lost/);
    expect(markdown).toContain('### hairpin-off');
    expect(text).toContain('   seen in bridge-link.json line 1: veth1aa601b0');
    expect(named).toContainEqual({ name: 'bridge-link.json', uri: `${folder}bridge-link.json` });
  });

  it('is of the bundle that an open dump lies in, with the text as it is in the editor', async () => {
    await started();
    await server.open(
      dump,
      textOf('iptables-save.txt')
        .replace(':FORWARD ACCEPT', ':FORWARD DROP')
        .replace(/^.*-A FLANNEL-FWD .*\n/gm, ''),
    );
    const { text } = await ask(dump, 'shop/client-0', 'shop/solo');
    expect(text).toMatch(/^.* is lost/);
    expect(text).toContain('policy of FORWARD');
    expect(text).not.toContain('not looked at');
  });

  it('is of an open dump alone where there is no bundle, and says what is missing', async () => {
    await started(filesOf({}));
    await server.open('file:///elsewhere/some.iptables', textOf('iptables-save.txt'));
    const { text, files: named } = await ask('file:///elsewhere/some.iptables', '10.42.0.30', '10.96.10.60:80');
    expect(text).toContain('whether it arrives is not known');
    expect(text).toContain('ip -j -d addr > ip-addr.json');
    expect(named).toEqual([{ name: 'some.iptables', uri: 'file:///elsewhere/some.iptables' }]);
  });

  it('says in a sentence what is wrong with what was asked', async () => {
    await started();
    expect((await ask('file:///nowhere')).reason).toBe(
      'nowhere is a directory and no node bundle; expected iptables-save.txt in it.',
    );
    expect((await ask(folder, 'shop/nobody', 'shop/solo')).reason).toContain('The cluster has no Pod shop/nobody.');
    expect((await ask(folder, 'shop/solo-0', '')).reason).toContain('both ends');
    expect((await ask('file:///node/meta.json.gz')).reason).toContain('The archive cannot be read: ');
  });
});

describe('a dump that lies in a bundle', () => {
  it('is followed with what the bundle says of its node', async () => {
    await started();
    await server.open(dump, textOf('iptables-save.txt'));
    const question = { from: 'this-node', to: '10.42.0.1:30080', hook: 'output' };
    // The facts are read beside the dump: until they are there, whose address it is stays open.
    await server.notified<{ uri: string }>('iptables/rulesetChanged', ({ uri }) => uri === dump);
    await server.notified<{ uri: string }>('iptables/rulesetChanged', ({ uri }) => uri === dump);
    const result = await server.client.sendRequest<TraceResult>(traceRequest, { textDocument: { uri: dump }, question });
    expect(JSON.stringify(result)).toContain('10.42.0.11:8080');
    expect(JSON.stringify(result)).not.toContain(', if ');
  });

  it('is followed with what the bundle said when it was opened last, however long it was read before', async () => {
    const addresses = `${folder}ip-addr.json`;
    const access = inMemory();
    let goOn = (): void => undefined;
    let isFirst = true;
    const held = new Promise<void>((done) => {
      goOn = done;
    });
    await started({
      ...access,
      async read(uri) {
        if (uri === addresses && isFirst) {
          isFirst = false;
          await held;
        }
        return access.read(uri);
      },
    });
    let shown = 0;
    server.client.onNotification('iptables/rulesetChanged', () => {
      shown += 1;
    });
    /** How often the dump was shown when nothing is left to be read but what is held. */
    const shownInTheEnd = async (): Promise<number> => {
      for (let before = -1; before !== shown; ) {
        before = shown;
        for (let turn = 0; turn < 500; turn += 1) await new Promise((done) => setImmediate(done));
      }
      return shown;
    };
    await server.open(dump, textOf('iptables-save.txt'));
    await shownInTheEnd();
    await server.client.sendNotification('textDocument/didClose', { textDocument: { uri: dump } });
    await server.open(dump, textOf('iptables-save.txt'), 2);
    const before = await shownInTheEnd();
    goOn();
    expect(await shownInTheEnd()).toBe(before);
  });
});
