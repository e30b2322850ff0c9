import { NetworkError } from './network-error.ts';

/** One line of Prometheus' text format. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** 2.6 MB on an empty cluster, most of it histograms that grow with kinds and verbs. */
const longestAnswer = 128 * 1024 * 1024;

/** The samples with these names of an answer while it comes; the rest, which is nearly all, is never kept. */
export async function readMetrics(
  chunks: AsyncIterable<Buffer>,
  names: readonly string[],
): Promise<readonly MetricSample[]> {
  const samples: MetricSample[] = [];
  const decoder = new TextDecoder();
  let bytes = 0;
  let rest = '';
  const take = (line: string): void => {
    const sample = names.some((name) => line.startsWith(name)) ? parseSample(line) : undefined;
    if (sample !== undefined && names.includes(sample.name)) samples.push(sample);
  };
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > longestAnswer)
      throw new NetworkError('too-large', `the metrics have more than ${longestAnswer} bytes`);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  take(rest);
  return samples;
}

const shape = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^\s]+)/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

function parseSample(line: string): MetricSample | undefined {
  const [, name = '', inside = '', text = ''] = shape.exec(line) ?? [];
  const value = Number(text);
  if (name === '' || Number.isNaN(value)) return undefined;
  const labels = [...inside.matchAll(label)].map(([, key = '', quoted = '']) => [
    key,
    quoted.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c)),
  ]);
  return { name, labels: Object.fromEntries(labels), value };
}
