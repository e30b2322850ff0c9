import type { ConfigReader } from '../lib/config-reader.ts';
import { isLabelKey, isLabelValue } from '../lib/label-syntax.ts';
import type { Toleration } from './pools.ts';

const operators = ['Equal', 'Exists'] as const;
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;

/** The list `tolerations` of a pool, by the rules of the API server. */
export function readTolerations(pool: ConfigReader): readonly Toleration[] {
  return pool.items('tolerations').map(readToleration);
}

function readToleration(reader: ConfigReader): Toleration {
  reader.allow(['key', 'operator', 'value', 'effect', 'tolerationSeconds']);
  const key = reader.text('key', isLabelKey, 'must be the key of a taint');
  const operator = readWord(reader, 'operator', operators);
  const value = reader.text('value', isLabelValue, 'must be the value of a taint');
  const effect = readWord(reader, 'effect', effects);
  const seconds = reader.has('tolerationSeconds') ? Number(reader.count('tolerationSeconds', 0n)) : undefined;
  if (key === undefined && operator !== 'Exists')
    reader.report('operator', 'must be Exists where there is no key');
  if (operator === 'Exists' && value) reader.report('value', 'must be absent with the operator Exists');
  if (seconds !== undefined && effect !== 'NoExecute')
    reader.report('tolerationSeconds', 'needs the effect NoExecute');
  return {
    ...(key === undefined ? {} : { key }),
    ...(operator === undefined ? {} : { operator }),
    ...(value === undefined ? {} : { value }),
    ...(effect === undefined ? {} : { effect }),
    ...(seconds === undefined ? {} : { tolerationSeconds: seconds }),
  };
}

function readWord<W extends string>(reader: ConfigReader, key: string, words: readonly W[]): W | undefined {
  const text = reader.text(
    key,
    (word) => words.some((w) => w === word),
    `must be one of ${words.join(', ')}`,
  );
  return words.find((word) => word === text);
}
