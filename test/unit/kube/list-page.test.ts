import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPage } from '../../../src/kube/list-page.ts';

/** The page in pieces of that size. */
async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size = 64) {
  const objects: unknown[] = [];
  const rest = await readPage(pieces(text, size), (object) => objects.push(object));
  return { rest, objects };
}

const head = {
  kind: 'JobList',
  apiVersion: 'batch/v1',
  metadata: { resourceVersion: '7', continue: 'next' },
};
const page = (items: readonly unknown[]) => JSON.stringify({ ...head, items });
const fields = [
  { manager: 'a', fieldsV1: { 'f:spec': { 'k:{"name":"x"}': {} } } },
  { manager: 'b', fieldsV1: { 'f:status': {} }, subresource: 'status' },
];
const item = (name: string, more: object = {}) => ({
  metadata: { name, managedFields: fields, uid: name },
  ...more,
});
const cut = (object: ReturnType<typeof item>) => ({
  ...object,
  metadata: { ...object.metadata, managedFields: [] },
});

describe('a page is read item by item', () => {
  const three = [item('a', { spec: 1 }), item('b'), item('c')] as const;

  test('the items come in their order, and all but the last without managedFields', async () => {
    const { rest, objects } = await read(page(three));
    expect(objects).toEqual([cut(three[0]), cut(three[1]), three[2]]);
    expect(rest).toEqual({ ...head, items: [three[2]] });
  });

  test('items without managedFields are read too', async () => {
    const plain = [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }];
    expect((await read(page(plain))).objects).toEqual(plain);
  });

  test.each([[[]], [[{ a: 1 }, { b: 2 }]], [[1, null, 'text']]])('and so are others: %j', async (items) => {
    expect(await read(page(items))).toEqual({ rest: { ...head, items }, objects: items });
  });

  test('a list that another hand has written is read as a whole', async () => {
    const list = { ...head, items: three };
    expect(await read(JSON.stringify(list, null, 2))).toEqual({ rest: list, objects: [...three] });
  });

  test('items of a member, or in a text, are not those of the page', async () => {
    const other = { items: [item('x'), item('y')] };
    expect((await read(JSON.stringify({ other, items: three }))).objects).toEqual([...three]);
    const text = JSON.stringify({ text: JSON.stringify(other), items: three });
    expect((await read(text)).objects.length).toBe(3);
  });

  test.each([
    ['what looks like the next item', { spec: [{}, { metadata: { name: 'inner' } }] }],
    ['a text with all the signs', { text: `${JSON.stringify(fields)} },{"metadata":{" }]` }],
    ['managedFields elsewhere', { spec: { metadata: { managedFields: fields } }, managedFields: fields }],
  ])('inside of an item: %s', async (_, more) => {
    const items = [item('a'), item('b', more), item('c')];
    const names = (await read(page(items))).objects as typeof items;
    expect(names.map((o) => ({ ...o, metadata: o.metadata.uid }))).toEqual(
      items.map((o) => ({ ...o, metadata: o.metadata.uid })),
    );
  });

  test.each(['}]', '}],', '}],"uid":"stolen"', '}]},"metadata":{', '\\"}]', '"}],"'])(
    'a manager that calls itself %s changes nothing',
    async (manager) => {
      const hostile = {
        metadata: {
          name: 'b',
          managedFields: [{ manager, fieldsV1: { [`k:${manager}`]: {} } }, ...fields],
          uid: 'b',
        },
        spec: 1,
      };
      const { objects } = await read(page([item('a'), hostile, item('c')]));
      expect(objects).toMatchObject([
        { metadata: { uid: 'a' } },
        { metadata: { name: 'b', uid: 'b' }, spec: 1 },
        { metadata: { uid: 'c' } },
      ]);
      expect(Object.keys(objects[1] as object)).toEqual(['metadata', 'spec']);
      expect(Object.keys((objects[1] as typeof hostile).metadata)).toEqual(['name', 'managedFields', 'uid']);
    },
  );
});

describe('what is no list', () => {
  test.each(['null', '7', '[]', '{"kind":"Status"}', '{"items":null}'])('says nothing: %s', async (text) => {
    expect(await read(text)).toEqual({ rest: JSON.parse(text), objects: [] });
  });

  test('is an error, wherever a page is cut', async () => {
    const text = page([item('ä\\"'), item('b'), item('c')]);
    for (let end = 0; end < text.length; end += 1)
      await expect(read(text.slice(0, end))).rejects.toThrow(SyntaxError);
  });

  test('is an error, whatever is lost from the middle of it; or it is what JSON.parse says', async () => {
    const text = page(['a', 'b', 'c'].map((name) => ({ metadata: { name }, spec: [{}, '}', 1] })));
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length), fc.integer({ min: 1, max: 200 }), async (from, length) => {
        const damaged = text.slice(0, from) + text.slice(from + length);
        const got = await attempt(async () => (await read(damaged)).objects);
        expect(got).toEqual(await attempt(async () => itemsOf(JSON.parse(damaged))));
      }),
      { numRuns: 3_000 },
    );
  });
});

const attempt = async <T>(run: () => Promise<T>): Promise<T | string> => {
  try {
    return await run();
  } catch (error) {
    return (error as Error).name;
  }
};

const itemsOf = (value: { readonly items?: unknown } | null): unknown =>
  Array.isArray(value?.items) ? value.items : [];

test('whatever the items are, and in whatever pieces they come, they are what JSON.parse says', async () => {
  const name = fc.constantFrom('name', 'uid', 'x');
  const metadata = fc.dictionary(name, fc.string({ unit: 'grapheme' }), { minKeys: 1 });
  const object = fc.record({ metadata, spec: fc.jsonValue() });
  await fc.assert(
    fc.asyncProperty(fc.array(object), fc.integer({ min: 1, max: 300 }), async (items, size) => {
      expect((await read(page(items), size)).objects).toEqual(JSON.parse(JSON.stringify(items)));
    }),
  );
});

test('a head that has not ended after 8 KiB is nothing to wait for', async () => {
  const list = {
    kind: 'x'.repeat(10_000),
    items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }],
  };
  expect((await read(JSON.stringify(list))).objects).toEqual(list.items);
});

test('an item is told before the next piece is asked for', async () => {
  const text = page([item('a'), item('b'), item('c')]);
  const told: unknown[] = [];
  const at: number[] = [];
  async function* watched(): AsyncGenerator<Buffer> {
    for await (const piece of pieces(text, 40)) {
      yield piece;
      at.push(told.length);
    }
  }
  await readPage(watched(), (object) => told.push(object.metadata?.name));
  expect([...new Set(at)]).toEqual([0, 1, 2]);
});
