import { open } from 'node:fs/promises';
import type { LogFile } from './log-file.ts';
import { readLog } from './log-reader.ts';

const FILE_LIMIT = 4096;
const LOG_BYTES = 2048;
const LOG_LINES = 80;

async function readStart(path: string, limit: number): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(limit), 0, limit, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The end of a log: at most 80 lines, and of these at most the last 2048 bytes. */
async function tail(log: LogFile): Promise<string> {
  const options = { follow: false, timestamps: false, tailLines: LOG_LINES };
  let text = Buffer.alloc(0);
  for await (const line of readLog(log, options, new AbortController().signal)) {
    text = Buffer.concat([text, line]).subarray(-LOG_BYTES);
  }
  return text.toString('utf8');
}

/** What a container leaves behind: the file it wrote, or the end of its log when it failed without writing one and asked for that. */
export async function terminationMessage(
  path: string,
  policy: string | undefined,
  failed: boolean,
  log: LogFile,
): Promise<string> {
  const written = await readStart(path, FILE_LIMIT);
  if (written !== '' || policy !== 'FallbackToLogsOnError' || !failed) return written;
  return tail(log);
}
