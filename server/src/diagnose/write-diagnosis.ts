/** A diagnosis as people read it: plain text for a terminal, Markdown for a ticket. */
import { markdownCode, markdownCommand, markdownText, oneLine } from '../base/safe-text.ts';
import type { Cause, Diagnosis, Evidence, Fate } from './diagnosis.ts';

const fates: Readonly<Record<Fate, string>> = {
  arrives: 'arrives',
  lost: 'is lost: nobody answers',
  refused: 'is refused',
  unknown: 'is let pass by the rules; whether it arrives is not known',
};

const mostEvidence = 200;

function shownEvidence({ file, line, text }: Evidence): string {
  const cut = text.length > mostEvidence ? `${text.slice(0, mostEvidence)}…` : text;
  return `${file} line ${line}: ${oneLine(cut)}`;
}

function headline({ question, outcome, causes }: Diagnosis): string {
  const count =
    causes.length === 0 ? 'nothing found' : causes.length === 1 ? '1 cause' : `${causes.length} causes, the likeliest first`;
  if (question === null || outcome === null) return `Diagnosis: ${count}`;
  return `${question.protocol} from ${question.from} to ${question.to} ${fates[outcome]} (${count})`;
}

function listed(title: string, lines: readonly string[], mark: string): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `${mark}${oneLine(line)}`)];
}

function causeLines({ code, message, evidence, confirm, mend }: Cause, number: number): readonly string[] {
  return [
    '',
    `${number}. ${oneLine(message)} [${code}]`,
    ...evidence.map((each) => `   seen in ${shownEvidence(each)}`),
    ...confirm.map((command) => `   confirm: ${oneLine(command)}`),
    ...mend.map((command) => `   mend:    ${oneLine(command)}`),
  ];
}

/** Plain text, one thing a line; not yet safe for a terminal. */
export function diagnosisText(diagnosis: Diagnosis): readonly string[] {
  return [
    headline(diagnosis),
    ...diagnosis.causes.flatMap((cause, at) => causeLines(cause, at + 1)),
    ...listed('Looked at:', diagnosis.looked, '  - '),
    ...listed(
      'Not there, so not looked at:',
      diagnosis.missing.map(({ what, how }) => `${what}. Get it: ${how}`),
      '  - ',
    ),
  ];
}

function causeMarkdown({ code, message, evidence, confirm, mend }: Cause): readonly string[] {
  return [
    '',
    `### ${code}`,
    '',
    markdownText(oneLine(message)),
    '',
    ...evidence.map((each) => `- ${markdownCode(shownEvidence(each))}`),
    ...(confirm.length === 0 ? [] : ['', 'Confirm:', '', ...confirm.map((command) => `- ${markdownCommand(command)}`)]),
    ...(mend.length === 0 ? [] : ['', 'Mend:', '', ...mend.map((command) => `- ${markdownCommand(command)}`)]),
  ];
}

/** Markdown for a ticket. */
export function diagnosisMarkdown(diagnosis: Diagnosis): string {
  const looked = diagnosis.looked.map((text) => `- ${markdownText(oneLine(text))}`);
  const missing = diagnosis.missing.map(({ what, how }) => `- ${markdownText(oneLine(what))}: ${markdownCommand(how)}`);
  return [
    `## ${markdownText(headline(diagnosis))}`,
    ...diagnosis.causes.flatMap(causeMarkdown),
    ...(looked.length === 0 ? [] : ['', '### Looked at', '', ...looked]),
    ...(missing.length === 0 ? [] : ['', '### Not looked at', '', ...missing]),
    '',
  ].join('\n');
}
