import { CancellationTokenSource, l10n, type Uri } from 'vscode';
import type { ServerAccess } from '../server-access.ts';
import { askText } from '../show.ts';
import { completeDestination, type PacketEnds, packetEndsOf, pickEnd } from '../trace/packet-end-pick.ts';

/** Which packet a diagnosis is asked about. */
export interface DiagnoseQuestion {
  /** Both empty for none: the node is looked at as a whole. */
  readonly from: string;
  readonly to: string;
}

const everything: DiagnoseQuestion = { from: '', to: '' };

/** Has the user pick, by lists of what an open dump and its cluster have. Undefined where the user gave up. */
export async function pickDiagnoseQuestion(server: ServerAccess, dump: Uri): Promise<DiagnoseQuestion | undefined> {
  const cancellation = new CancellationTokenSource();
  try {
    return await pickQuestion(packetEndsOf(server, dump, cancellation.token));
  } finally {
    cancellation.dispose();
  }
}

async function pickQuestion(ends: PacketEnds): Promise<DiagnoseQuestion | undefined> {
  const from = await pickEnd<DiagnoseQuestion>(ends, 'from', {
    title: l10n.t('Diagnose: a packet from'),
    placeHolder: l10n.t('A Pod, a node, outside, or any address'),
    // A bundle that the dump lies in may have a cluster that the dump's lists do not know.
    takesNames: true,
    before: [{ icon: 'search', label: l10n.t('No packet: look at everything'), other: everything }],
  });
  if (from?.other !== undefined) return from.other;
  if (from?.end === undefined) return undefined;
  const to = await pickEnd(ends, 'to', {
    title: l10n.t('Diagnose: a packet from {0} to', from.end.value),
    placeHolder: l10n.t('A Service, a Pod, a node, or any address with its port'),
    takesNames: true,
  });
  const command = l10n.t('Diagnose');
  // In one text with the destination, where a number would be taken for the length of a prefix.
  const given = to?.end === undefined ? undefined : await completeDestination(to.end, { command, takesNumbers: false });
  if (given === undefined) return undefined;
  const { to: name, protocol } = given;
  return { from: from.end.value, to: protocol === undefined ? name : `${name}/${protocol}` };
}

/** Has the user type, of a bundle that nobody has read yet; nothing typed is no question. Undefined where the user gave up. */
export async function typeDiagnoseQuestion(): Promise<DiagnoseQuestion | undefined> {
  const title = l10n.t('Diagnose: a packet');
  const from = await askText({
    title,
    prompt: l10n.t('From where? An address, namespace/pod, "outside" or "this-node"; empty to look at the node as a whole'),
  });
  if (from === undefined) return undefined;
  if (from.trim() === '') return everything;
  const to = await askText({
    title,
    prompt: l10n.t('To where? namespace/service, address:port or address:port/udp'),
    problem: (text) => (text.trim() === '' ? l10n.t('A packet goes somewhere.') : undefined),
  });
  return to === undefined ? undefined : { from: from.trim(), to: to.trim() };
}
