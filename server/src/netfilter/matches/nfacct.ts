import type { MatchReader } from '../match-reader.ts';

/** It counts what passes and matches, as long as its object has no quota (the kernel's nfacct_mt). */
export const nfacct: MatchReader = () => [];
