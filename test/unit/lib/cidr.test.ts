import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cidr, containsCidr, parseCidr, printCidr } from '../../../src/lib/cidr.ts';

describe('a range of addresses', () => {
  test.each([
    ['10.20.0.0/16', '10.20.0.0/16'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.168.1.7/32', '192.168.1.7/32'],
    ['2001:DB8:0:0:0:0:0:0/32', '2001:db8::/32'],
    ['::/0', '::/0'],
    ['1:0:0:2:0:0:0:3/128', '1:0:0:2::3/128'],
    ['10:0:0:0:5:0:0:0/80', '10::5:0:0:0/80'],
    ['64:ff9b::10.0.0.1/128', '64:ff9b::a00:1/128'],
  ])('%s', (text, printed) => {
    const parsed = parseCidr(text);
    expect(parsed.ok && printCidr(parsed.value)).toBe(printed);
  });

  test.each([
    ['10.0.0.5/8', /begin at its network's address: 10\.0\.0\.0\/8/],
    ['10.0.0.0', /such as/],
    ['10.0.0.0/33', /at most 32 bits/],
    ['10.0.0.0/08', /such as/],
    ['010.0.0.0/8', /such as/],
    ['10.0.0.0/8/8', /such as/],
    ['::1/129', /at most 128 bits/],
    ['fe80::%eth0/64', /such as/],
    ['::ffff:10.0.0.0/104', /as IPv4/],
    ['example.org/32', /such as/],
    ['', /such as/],
  ])('%s is none', (text, why) => {
    expect(parseCidr(text)).toEqual({ ok: false, message: expect.stringMatching(why) });
  });

  test('one contains another as the network stack says', () => {
    const range = (bits: number) =>
      fc
        .tuple(fc.bigInt(0n, 2n ** BigInt(bits) - 1n), fc.integer({ min: 1, max: bits }))
        .map(([n, prefix]) => {
          const host = BigInt(bits - prefix);
          return { family: bits === 32 ? 4 : 6, network: (n >> host) << host, prefix } as const;
        });
    const either = fc
      .oneof(range(32), range(128))
      .filter((r) => r.family === 4 || r.network >> 32n !== 0xffffn);
    fc.assert(
      fc.property(either, either, fc.boolean(), (a, b, within) => {
        const host = BigInt((a.family === 4 ? 32 : 128) - a.prefix);
        const inner = within
          ? {
              ...b,
              family: a.family,
              network: a.network,
              prefix: Math.max(a.prefix, b.prefix % (Number(host) + a.prefix + 1)),
            }
          : b;
        const list = new BlockList();
        const [address = ''] = printCidr(a).split('/');
        list.addSubnet(address, a.prefix, a.family === 4 ? 'ipv4' : 'ipv6');
        const [first = ''] = printCidr(inner).split('/');
        const holds =
          a.family === inner.family &&
          a.prefix <= inner.prefix &&
          list.check(first, inner.family === 4 ? 'ipv4' : 'ipv6');
        expect(containsCidr(a, inner)).toBe(holds);
        expect(cidr(printCidr(a))).toEqual(a);
      }),
    );
  });
});
