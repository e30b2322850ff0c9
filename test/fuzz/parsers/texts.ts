import { formatStepRef, parseStepRef } from '../../../src/cli/step-ref.ts';
import { formatAddress, parseAddress } from '../../../src/config/address.ts';
import { formatDuration, parseDuration } from '../../../src/config/duration.ts';
import * as kinds from '../../../src/config/kinds.ts';
import { cidr, containsCidr, parseCidr, printCidr } from '../../../src/lib/cidr.ts';
import { parseListenAddress } from '../../../src/lib/listen-address.ts';
import { compareQuantities, parseQuantity, printQuantity } from '../../../src/lib/quantity.ts';
import { compareVersions, hasReached } from '../../../src/lib/resource-version.ts';
import { parseTraceparent } from '../../../src/lib/traceparent.ts';
import { parseLogTime, rfc3339 } from '../../../src/logs/log-time.ts';
import { parsePosition, printPosition } from '../../../src/logs/position.ts';
import { judgeTimeout } from '../../../src/rpc/deadline.ts';
import { parseCursor } from '../../../src/step/cursor.ts';
import { parseStepsCursor, printStepsCursor } from '../../../src/step/steps-cursor.ts';
import { accepted, law, plainWords, type Target } from '../target.ts';

const uid = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
const encoded = (text: string) => Buffer.from(text).toString('base64url');
const digest = 'abcdefghijklmnop';

/** A target whose inputs are what cursors hold, and cursors. */
const sealed = (run: (text: string) => boolean) => (input: string) => {
  const whole = run(input);
  return run(encoded(input)) || whole;
};

const duration = kinds.duration({ min: '1s', max: '480h', zero: true });
const quantity = kinds.quantityFrom('1Mi');
const integer = kinds.integer(1, 1_000);

/** Small grammars. */
export const texts: readonly Target[] = [
  {
    name: 'quantity',
    weight: 5,
    samples: ['250m', '1.5Gi', '12e6', '.5k', '9223372036854775807', '-1', '+3Ei', '0.000000001', '1E3'],
    words: ['n', 'u', 'm', 'k', 'Ki', 'E', 'e+', 'e-', '.'],
    run(input) {
      const parsed = parseQuantity(input);
      if (!parsed.ok) {
        plainWords([parsed.message]);
        return false;
      }
      const printed = printQuantity(parsed.value);
      const again = parseQuantity(printed);
      law(again.ok && compareQuantities(again.value, parsed.value) === 0, `${printed} is another quantity`);
      law(/^-?[0-9.]+([numkMGTPE]|[KMGTPE]i|e-?\d+)?$/.test(printed), `it prints as ${printed}`);
      return true;
    },
  },
  {
    name: 'cidr',
    weight: 5,
    samples: [
      '10.20.0.0/16',
      '0.0.0.0/0',
      '2001:db8::/32',
      '::/0',
      '255.255.255.255/32',
      '::1/128',
      'fe80::/10',
    ],
    words: ['::', '/', '%eth0', '::ffff:1.2.3.4', '/129', '/033'],
    run(input) {
      const parsed = parseCidr(input);
      if (!parsed.ok) {
        plainWords([parsed.message]);
        return false;
      }
      const printed = printCidr(parsed.value);
      law(printCidr(cidr(printed)) === printed, `${printed} prints as another`);
      law(containsCidr(parsed.value, parsed.value), 'it does not hold itself');
      law(/^[0-9a-f:.]+\/\d{1,3}$/.test(printed), `it prints as ${printed}`);
      return true;
    },
  },
  {
    name: 'duration',
    weight: 5,
    samples: ['1h30m', '90s', '500ms', '0', '24h', '1h1m1s1ms'],
    words: ['h', 'm', 's', 'ms', '.', 'd', 'us'],
    run(input) {
      const parsed = parseDuration(input);
      for (const kind of [duration, quantity, integer]) {
        const value = kind.parse(input);
        if (!value.ok) plainWords([value.message]);
      }
      if (!parsed.ok) {
        plainWords([parsed.message]);
        return false;
      }
      const { ms } = parsed.value;
      law(Number.isFinite(ms) && ms >= 0, `it is ${ms} ms`);
      const again = parseDuration(formatDuration(parsed.value));
      law(again.ok && again.value.ms === ms, `${formatDuration(parsed.value)} is another duration`);
      return true;
    },
  },
  {
    name: 'address',
    weight: 5,
    samples: ['127.0.0.1:7070', '[::1]:7070', 'localhost:0', 'a-b.example:65535'],
    words: ['unix:', ':', '[', ']', 'http://', '%eth0'],
    run(input) {
      try {
        parseListenAddress(input);
      } catch (error) {
        law(error instanceof Error && error.constructor === Error, 'another error');
      }
      const parsed = parseAddress(input);
      if (!parsed.ok) {
        plainWords([parsed.message]);
        return false;
      }
      const { port } = parsed.value;
      law(Number.isInteger(port) && port >= 0 && port <= 65_535, `port ${port}`);
      const again = parseAddress(formatAddress(parsed.value));
      law(again.ok && again.value.host === parsed.value.host, 'it prints as another');
      return true;
    },
  },
  {
    name: 'log time',
    weight: 5,
    samples: ['2026-11-27T16:37:27.704723928+00:00', '2026-11-27T16:37:27Z', '1970-01-01T00:00:00.5-12:00'],
    words: ['Z', 'T', '+24:00', '.', '-0001', '+275760-09-13'],
    run(input) {
      const time = parseLogTime(input);
      if (time === undefined) return false;
      law(Number.isInteger(time.seconds) && time.nanos >= 0 && time.nanos < 1e9, JSON.stringify(time));
      law(/^\d{4}-/.test(rfc3339(time)), rfc3339(time));
      return true;
    },
  },
  {
    name: 'resource version',
    weight: 5,
    samples: ['1', '12345', '0', '18446744073709551615'],
    run(input) {
      const order = compareVersions(input, '12345');
      const isNumber = /^[0-9]+$/.test(input);
      law((order !== undefined) === isNumber, `${order}`);
      if (order === undefined) return false;
      const difference = BigInt(input) - 12345n;
      law(Math.sign(order) === Number(difference > 0n) - Number(difference < 0n), `${order}`);
      law(hasReached(input, '12345') === difference >= 0n, 'it has reached what it has not');
      return order !== undefined;
    },
  },
  {
    name: 'traceparent',
    weight: 5,
    samples: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    words: ['ff', '00', '0'.repeat(32), '-'],
    run(input) {
      const parsed = parseTraceparent(input);
      law(parsed === undefined || /^[0-9a-f-]{55}$/.test(parsed), `${parsed} is taken`);
      return parsed !== undefined;
    },
  },
  {
    name: 'grpc-timeout',
    weight: 5,
    samples: ['1S', '99999999n', '5H', '250m'],
    run(input) {
      const verdict = judgeTimeout(input);
      if (verdict === 'keep') law(/^\d{1,8}[HMSmun]$/.test(input), `${input} is kept`);
      return verdict !== 'malformed';
    },
  },
  {
    name: 'cursor of a step',
    weight: 5,
    samples: [`1.${uid}.30701`],
    words: ['.', '1.', 'NaN'],
    run: sealed((input) => {
      const cursor = accepted(() => parseCursor(input, 'cursor'));
      if (cursor === undefined) return false;
      law(Number.isSafeInteger(cursor.rank) && cursor.rank >= 0, `rank ${cursor.rank}`);
      law(/^[\w-]+$/.test(cursor.jobUid), `uid ${cursor.jobUid}`);
      return true;
    }),
  },
  {
    name: 'cursor of many steps',
    weight: 5,
    samples: [`1.12.13.14.1764288000000.${digest}`],
    words: ['.', '..', digest],
    run: sealed((input) => {
      const mark = accepted(() => parseStepsCursor(input, digest, 'cursor'));
      if (mark === undefined) return false;
      law(Number.isSafeInteger(mark.time), `time ${mark.time}`);
      const again = parseStepsCursor(printStepsCursor(mark, digest), digest, 'cursor');
      law(JSON.stringify(again) === JSON.stringify(mark), 'it prints as another');
      return true;
    }),
  },
  {
    name: 'position in a log',
    weight: 5,
    samples: [`1.${uid}.agent.1764288000.5.1`, `1.${uid}.agent.`],
    words: ['.', '999999999999'],
    run: sealed((input) => {
      const position = accepted(() => parsePosition(input, 'cursor'));
      if (position === undefined) return false;
      law(
        JSON.stringify(parsePosition(printPosition(position), 'cursor')) === JSON.stringify(position),
        'another',
      );
      return true;
    }),
  },
  {
    name: 'name of a step',
    weight: 5,
    samples: ['acme/run-1/ingest', 'acme/run 7/x/ingest@3', 'a/b/c@0'],
    words: ['/', '@', '@9999', '//'],
    run(input) {
      const parsed = parseStepRef(input, undefined);
      if (!parsed.ok) return false;
      const again = parseStepRef(formatStepRef(parsed.value), undefined);
      law(again.ok && JSON.stringify(again.value) === JSON.stringify(parsed.value), 'it prints as another');
      return true;
    },
  },
];
