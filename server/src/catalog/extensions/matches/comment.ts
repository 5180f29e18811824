/** The match comment. Source: iptables-extensions(8) and libxt_comment.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const commentMatch: ExtensionData = {
  name: 'comment',
  help: 'A note for people; it always matches.',
  options: [{ long: '--comment', value: { type: 'text', max: 255 }, mandatory: true, help: 'The note, up to 255 bytes.' }],
  listed: {
    opening: '',
    options: [listedAs('--comment', '/\\*\\s(.*?)\\s\\*/(?=\\s|$)')],
  },
};
