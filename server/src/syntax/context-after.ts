/** What a line says about those below it. */
import { isTableName } from '../catalog/tables.ts';
import { readHeader } from './header.ts';
import {
  contextBefore,
  isRestoreInput,
  type Line,
  type LineContext,
  lineContext,
  outputContext,
  type Surroundings,
  textBelow,
} from './line.ts';
import { columnsOf, isLostHeader } from './listing/listing.ts';
import { isMembersLine } from './pasted/ipset.ts';
import { nftDepthAfter } from './pasted/nft.ts';
import { readPrompt } from './pasted/prompt.ts';

/** The circumstances behind a line: a header says the family and back end, `*table` the table, COMMIT ends it. */
export function contextAfter(line: Line): LineContext {
  const { within } = line.context;
  if (within?.kind === 'command') return afterCommand(within.before);
  const context = contextBefore(line);
  if (within?.kind === 'wrapped' && within.more === undefined) return context;
  const whole = line.text + textBelow(line.context);
  switch (line.kind) {
    case 'comment': {
      const text = line.prefix === 0 ? line.text : line.text.slice(line.prefix);
      const generator = readHeader(text);
      if (generator !== undefined) return lineContext(generator.family, generator.backend, context.table);
      // Within `*table` a comment that holds a command is a comment.
      return context.table === undefined || context.within !== undefined ? afterPrompt(text, context) : context;
    }
    case 'table': {
      // Behind somebody's prefix it is what a log or a paste shows, not input.
      const inside = line.text.slice(0, line.prefix).trim() === '' ? lineContext : outputContext;
      return inside(context.family, context.backend, isTableName(line.name) ? line.name : 'unknown');
    }
    case 'commit':
      return lineContext(context.family, context.backend, undefined);
    case 'chain':
      return line.listing ? inListing(context, line.name) : outside(context);
    case 'rule':
      return line.listing ? context : outside(context);
    case 'chain-command':
      return outside(context);
    case 'columns':
      return inListing(context, chainAbove(context), whole.slice(line.prefix));
    case 'set':
      return line.listing ? surrounded(context, { kind: 'set', name: line.name, members: false }) : outside(context);
    case 'set-detail':
      return context.within?.kind === 'set' && isMembersLine(line.text)
        ? surrounded(context, { ...context.within, members: true })
        : context;
    case 'foreign':
      return afterForeign(line.text.slice(line.prefix), context);
    case 'other':
      return afterLostHeader(line.text, context) ?? context;
    default:
      return context;
  }
}

/** The chain whose columns are named below its heading. Where these were named before, the next heading was taken out: of what chain the rows are nobody knows. */
function chainAbove({ within }: LineContext): string {
  return within?.kind === 'listing' && !within.named ? within.chain : '';
}

/** Behind a listing or the like: back in restore input, or in the output of the command that the prompt shows. */
function outside(context: LineContext): LineContext {
  if (context.within === undefined || context.within.kind === 'output') return context;
  return (context.table === undefined ? lineContext : outputContext)(context.family, context.backend, context.table);
}

function surrounded(context: LineContext, within: Surroundings): LineContext {
  return { family: context.family, backend: context.backend, table: context.table, within };
}

function inListing(context: LineContext, chain: string, columns = ''): LineContext {
  // Of which table a listing within `*table` is, nobody says; not of that one, of which iptables-restore reads no listing.
  const around = isRestoreInput(context) ? lineContext(context.family, context.backend, undefined) : context;
  return surrounded(around, { kind: 'listing', chain, named: columns !== '', ...columnsOf(columns) });
}

function afterPrompt(text: string, context: LineContext): LineContext {
  const prompt = readPrompt(text);
  if (prompt === undefined) return context;
  // What iptables-save prints says its family; where somebody only names the program, addresses do.
  if (prompt.table === undefined && !prompt.isShown) return lineContext(undefined, undefined, undefined);
  if (prompt.table === undefined) return lineContext(prompt.family ?? context.family, prompt.backend, undefined);
  return outputContext(prompt.family ?? context.family, prompt.backend, prompt.table);
}

/** A command ends what another one printed above it; within restore input it is somebody's word. */
function afterCommand(before: LineContext): LineContext {
  return before.within === undefined ? before : lineContext(before.family, before.backend, undefined);
}

/** Below the line of a chain that could not be read rows belong to a chain that nobody knows, never to the one before it. */
function afterLostHeader(text: string, context: LineContext): LineContext | undefined {
  return context.within?.kind === 'listing' && isLostHeader(text) ? inListing(context, '') : undefined;
}

function afterForeign(text: string, context: LineContext): LineContext {
  const lost = afterLostHeader(text, context);
  if (lost !== undefined) return lost;
  const depth = nftDepthAfter(text, context.within?.kind === 'nft' ? context.within.depth : 0);
  if (depth > 0) return surrounded(context, { kind: 'nft', depth });
  if (context.within?.kind === 'nft') return lineContext(context.family, context.backend, undefined);
  const after = afterPrompt(text, context);
  // Prose and fences between two chains of a listing do not end it; they end the members of a set.
  return after === context && context.within?.kind === 'set' ? outside(context) : after;
}
