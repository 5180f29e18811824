/** The target LED. Source: iptables-extensions(8) and libxt_LED.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs, quotedText, unlessDefault } from '../support/listed.ts';
import { quoted } from '../support/normalized.ts';

export const ledTarget: ExtensionData = {
  name: 'LED',
  help: 'Switches a light on.',
  options: [
    {
      long: '--led-trigger-id',
      value: { type: 'text', max: 15, strict: true },
      mandatory: true,
      help: 'The name of the trigger.',
    },
    { long: '--led-delay', value: { type: 'led-delay' }, help: 'How long it stays on in milliseconds, or `inf`.' },
    { long: '--led-always-blink', help: 'Blink for each packet.' },
  ],
  normalize: (options) => options.map(quoted),
  listed: {
    opening: '',
    options: [
      listedAs('--led-trigger-id', `led-trigger-id:${quotedText}`),
      listedAs('--led-delay', 'led-delay:(inf|\\d+)(?:ms)?', unlessDefault('0')),
      listedAs('--led-always-blink', 'led-always-blink'),
    ],
  },
};
