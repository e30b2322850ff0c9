import { expect, test } from 'vitest';
import { createLogger, type LogLevel } from '../../../src/telemetry/logger.ts';

function logged(
  level: LogLevel,
  log: (logger: ReturnType<typeof createLogger>) => void,
): Record<string, unknown>[] {
  const lines: string[] = [];
  log(createLogger({ level, destination: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => {
    expect(line.endsWith('\n')).toBe(true);
    return JSON.parse(line) as Record<string, unknown>;
  });
}

test('a line is JSON with the level by name and an ISO time', () => {
  const [line] = logged('info', (logger) => logger.info({ method: 'm' }, 'hello'));
  expect(line).toMatchObject({ level: 'info', method: 'm', msg: 'hello' });
  expect(new Date(String(line?.time)).toISOString()).toBe(line?.time);
  expect(Object.keys(line ?? {}).sort()).toEqual(['level', 'method', 'msg', 'time']);
});

test('an error has its type, stack and cause', () => {
  const [line] = logged('info', (logger) =>
    logger.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed'),
  );
  expect(line?.err).toMatchObject({ type: 'Error', message: expect.stringContaining('outer') });
  expect(JSON.stringify(line?.err)).toContain('inner');
});

test('levels below the chosen one are silent, and silent is all silent', () => {
  expect(logged('warn', (logger) => logger.info('x'))).toEqual([]);
  expect(logged('silent', (logger) => logger.fatal('x'))).toEqual([]);
});

test('secrets are redacted wherever they stand', () => {
  const lines = logged('info', (logger) => {
    logger.info({ token: 's3cret' });
    logger.info({ headers: { authorization: 's3cret', cookie: 's3cret' } });
    logger.info({ cluster: { user: { password: 's3cret', 'client-key-data': 's3cret' } } });
    logger.child({ secret: 's3cret' }).info('child');
  });
  expect(lines).toHaveLength(4);
  expect(JSON.stringify(lines)).not.toContain('s3cret');
  expect(lines[1]?.headers).toEqual({ authorization: '[redacted]', cookie: '[redacted]' });
});
