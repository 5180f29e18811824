/** What the targets that translate addresses have in common. */
import type { ListedOption } from '../../extension.ts';
import { listedAs } from './listed.ts';

export const listedRandom: ListedOption = listedAs('--random', 'random');
export const listedFullyRandom: ListedOption = listedAs('--random-fully', 'random-fully');
export const listedPersistent: ListedOption = listedAs('--persistent', 'persistent');
