/** Loaded into a server before all else: tells on file descriptor 3, when it ends, the longest that it was at work without a look at what came in, in milliseconds of processor time. */
'use strict';
const { writeSync } = require('node:fs');

let before = process.threadCpuUsage();
let longest = 0;

function look() {
  const now = process.threadCpuUsage();
  longest = Math.max(longest, now.user + now.system - before.user - before.system);
  before = now;
  // Unreferenced, so that it keeps nothing awake: it is run when something else is.
  setImmediate(look).unref();
}

// What comes before the first turn is the program being loaded.
setImmediate(() => {
  before = process.threadCpuUsage();
  look();
}).unref();
process.on('exit', () => writeSync(3, String(longest / 1_000)));
