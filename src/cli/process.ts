import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { sleep } from '../lib/abort.ts';
import { exitCodes } from './exit-code.ts';
import { glip } from './glip.ts';
import type { Io, Sink } from './io.ts';

const sinkOf = (stream: NodeJS.WriteStream): Sink => ({
  write: (output) => void stream.write(output),
  drained: async (signal) => {
    if (stream.writableNeedDrain) await once(stream, 'drain', { signal });
  },
  isTTY: stream.isTTY === true,
  // Asked for each time: a person may make the window wider.
  get columns() {
    return stream.isTTY === true ? stream.columns : undefined;
  },
  get rows() {
    return stream.isTTY === true ? stream.rows : undefined;
  },
});

// `glip list | head` closes the pipe early; the reader has what it wants, so that is no error to report.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(141);
    writeSync(2, `glip: the output cannot be written: ${error.message}\n`);
    process.exit(exitCodes.unwritable);
  });
}

const io: Io = {
  env: process.env,
  stdout: sinkOf(process.stdout),
  stderr: sinkOf(process.stderr),
  readFile: (path) => readFileSync(path, 'utf8'),
  readStdin: () => text(process.stdin),
  onInterrupt: (listener) => {
    process.on('SIGINT', listener);
    process.on('SIGTERM', listener);
    return () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    };
  },
  now: Date.now,
  sleep,
  random: Math.random,
  newRunId: randomUUID,
};

/** The process edge of `glip`. Resolves with the exit code. */
export const main = (argv: readonly string[]): Promise<number> => glip(argv, io);
