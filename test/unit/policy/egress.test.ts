import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cidr, containsCidr } from '../../../src/lib/cidr.ts';
import { checkEgress, type Egress, isWithin, printEgress } from '../../../src/policy/egress.ts';

const range = (text: string, ...ports: readonly number[]): Egress => ({
  to: { kind: 'cidr', cidr: text },
  ports,
});
const inside = (namespace: string, ...ports: readonly number[]): Egress => ({
  to: { kind: 'namespace', namespace },
  ports,
});

const host = (name: string, ...ports: readonly number[]): Egress => ({
  to: { kind: 'host', host: name },
  ports,
});

describe('what a tenant may reach holds what a step asks for', () => {
  test.each<readonly [string, boolean, Egress, readonly Egress[]]>([
    ['the same', true, range('10.0.0.0/8', 443), [range('10.0.0.0/8', 443)]],
    ['a smaller range', true, range('10.1.0.0/16', 443), [range('10.0.0.0/8', 443)]],
    ['one of many ports', true, range('10.0.0.0/8', 443), [range('10.0.0.0/8', 80, 443)]],
    ['one of all ports', true, range('10.0.0.0/8', 443), [range('10.0.0.0/8')]],
    ['all of all ports', true, range('10.1.0.0/16'), [range('10.0.0.0/8')]],
    [
      'each port by another entry',
      true,
      range('10.1.0.0/16', 80, 443),
      [range('10.0.0.0/8', 80), range('10.1.0.0/16', 443)],
    ],
    ['a namespace', true, inside('shared', 80), [inside('shared')]],
    ['a larger range', false, range('10.0.0.0/8', 443), [range('10.1.0.0/16', 443)]],
    ['another range', false, range('11.0.0.0/8'), [range('10.0.0.0/8')]],
    ['another port', false, range('10.0.0.0/8', 80, 443), [range('10.0.0.0/8', 443)]],
    ['all of some ports', false, range('10.0.0.0/8'), [range('10.0.0.0/8', 443)]],
    ['a range of two halves', false, range('10.0.0.0/8'), [range('10.0.0.0/9'), range('10.128.0.0/9')]],
    ['another namespace', false, inside('other'), [inside('shared')]],
    ['a namespace in a range', false, inside('shared'), [range('0.0.0.0/0')]],
    ['a range in a namespace', false, range('10.0.0.0/8'), [inside('shared')]],
    ['another family', false, range('::/0'), [range('0.0.0.0/0')]],
    ['anything of nothing', false, range('10.0.0.0/8'), []],
    ['a range that is none', false, range('ten'), [range('0.0.0.0/0')]],
    ['a host', true, host('db.example.org', 5432), [host('db.example.org')]],
    ['a host of a pattern', true, host('db.example.org'), [host('*.example.org')]],
    ['the same pattern', true, host('*.example.org'), [host('*.example.org')]],
    ['another host', false, host('db.example.org'), [host('web.example.org')]],
    ['a pattern of one host', false, host('*.example.org'), [host('db.example.org')]],
    ['the domain of a pattern', false, host('example.org'), [host('*.example.org')]],
    ['two labels of a pattern of one', false, host('a.b.example.org'), [host('*.example.org')]],
    ['a smaller pattern', false, host('*.b.example.org'), [host('*.example.org')]],
    ['a name that only ends so', false, host('db.anexample.org'), [host('*.example.org')]],
    ['a host in a range', false, host('db.example.org'), [range('0.0.0.0/0')]],
    ['a range of a host', false, range('10.0.0.0/8'), [host('*.example.org')]],
  ])('%s: %s', (_, is, asked, allowed) => {
    expect(isWithin(asked, allowed)).toBe(is);
  });

  test('whatever is said to be within opens no way that was closed', () => {
    const octet = fc.constantFrom(0, 1, 128, 255);
    const aRange = fc.tuple(octet, octet, fc.constantFrom(0, 8, 9, 16, 32)).map(([a, b, bits]) => {
      const whole = (BigInt(a) << 24n) | (BigInt(b) << 16n);
      const network = bits === 0 ? 0n : (whole >> BigInt(32 - bits)) << BigInt(32 - bits);
      return `${[24n, 16n, 8n, 0n].map((by) => (network >> by) & 0xffn).join('.')}/${bits}`;
    });
    const somePorts = fc.uniqueArray(fc.constantFrom(80, 443, 5432), { maxLength: 3 });
    const one = fc.tuple(aRange, somePorts).map(([text, ports]) => range(text, ...ports));
    const addresses = [0, 1, 128, 255].flatMap((a) => [0, 1, 128, 255].map((b) => `${a}.${b}.0.0/32`));
    const reaches = ({ to, ports }: Egress, address: string, port: number) =>
      to.kind === 'cidr' &&
      containsCidr(cidr(to.cidr), cidr(address)) &&
      (ports.length === 0 || ports.includes(port));
    let within = 0;
    fc.assert(
      fc.property(one, fc.array(one, { maxLength: 4 }), (asked, allowed) => {
        if (!isWithin(asked, allowed)) return;
        within += 1;
        for (const address of addresses)
          for (const port of [80, 443, 5432, 1])
            if (reaches(asked, address, port))
              expect(
                allowed.some((a) => reaches(a, address, port)),
                `${address} ${port}`,
              ).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(within).toBeGreaterThan(100);
  });
});

describe('a host is a name in lower case, or a star before one', () => {
  const problems = (name: string) => checkEgress([host(name)], 'egress', 1).map(({ field }) => field);
  test.each([
    'db.example.org',
    'a-b.c_d.example',
    '*.example.org',
    '*.org',
    '1.example.org',
    `${'a'.repeat(63)}.org`,
  ])('%s', (name) => expect(problems(name)).toEqual([]));
  test.each([
    '',
    'localhost',
    '*',
    '*.',
    '**.example.org',
    'a.*.org',
    '*a.example.org',
    'Db.example.org',
    'db.example.org.',
    'db..example.org',
    '-db.example.org',
    'db-.example.org',
    '10.0.0.1',
    'example.1',
    'db.example.org:443',
    'https://db.example.org',
    `${'a'.repeat(64)}.org`,
    `${'a.'.repeat(130)}org`,
    'dä.example.org',
    'db.example.org\n',
  ])('not %j', (name) => expect(problems(name)).toEqual(['egress[0].host']));
});

test('it is printed for people', () => {
  expect(printEgress(range('10.0.0.0/8', 80, 443))).toBe('10.0.0.0/8 (ports 80, 443)');
  expect(printEgress(inside('shared'))).toBe('namespace shared');
  expect(printEgress(host('*.example.org', 443))).toBe('*.example.org (ports 443)');
});
