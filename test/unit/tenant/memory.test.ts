import { describe, expect, test } from 'vitest';
import { createEditors } from '../../../src/tenant/editors.ts';
import { createUnmanaged } from '../../../src/tenant/unmanaged.ts';
import { createTenantView } from '../../../src/tenant/view.ts';
import { objectsOf, stored } from './build.ts';

describe('editors', () => {
  const kubectl = { manager: 'kubectl-edit', declares: false, fields: ['.spec.hard.pods'] };

  test('an edit is taken back three times in ten minutes, of each object by itself', () => {
    let time = 0;
    const editors = createEditors({ now: () => time });
    for (let i = 0; i < 3; i++) expect(editors.mayTake('a', [kubectl])).toBe(true);
    expect(editors.mayTake('a', [kubectl])).toBe(false);
    expect(editors.mayTake('b', [kubectl])).toBe(true);
    expect(editors.mayTake('a', [{ ...kubectl, manager: 'another' }])).toBe(true);
    time += 10 * 60_000;
    expect(editors.mayTake('a', [kubectl])).toBe(true);
  });

  test('who applies is not fought, nor who edits beside it', () => {
    const editors = createEditors({ now: () => 0 });
    expect(editors.mayTake('a', [kubectl, { ...kubectl, manager: 'gitops', declares: true }])).toBe(false);
    expect(editors.mayTake('a', [])).toBe(false);
  });
});

describe('the view', () => {
  const [object] = objectsOf('acme');
  const at = (resourceVersion: string, uid = 'u') => stored(object!, { uid, resourceVersion });

  test('goes forward only, whichever of watch and answer comes first', () => {
    const view = createTenantView();
    view.apply({ type: 'there', object: at('5') });
    view.apply({ type: 'there', object: at('4') });
    expect(view.namespace('glip-acme')?.version).toBe('5');
    view.apply({ type: 'restored', object: at('3') });
    expect(view.find('Namespace', 'glip-acme', 'glip-acme')?.version).toBe('3');
  });

  test('what is gone does not come back by a late answer, but by a newer one', () => {
    const view = createTenantView();
    view.apply({ type: 'there', object: at('5') });
    view.apply({ type: 'gone', object: at('6') });
    view.apply({ type: 'there', object: at('5') });
    expect([...view.namespaces()]).toEqual([]);
    view.apply({ type: 'there', object: at('7') });
    expect([...view.namespaces()]).toHaveLength(1);
  });

  test('the end of one is not the end of another of its name', () => {
    const view = createTenantView();
    view.apply({ type: 'there', object: at('9', 'second') });
    view.apply({ type: 'gone', object: at('8', 'first') });
    expect(view.namespace('glip-acme')?.uid).toBe('second');
  });
});

test('a namespace is known as unmanaged for ten seconds', () => {
  let time = 0;
  const unmanaged = createUnmanaged(() => time);
  unmanaged.add('a');
  expect([unmanaged.has('a'), unmanaged.has('b')]).toEqual([true, false]);
  time = 10_000;
  expect(unmanaged.has('a')).toBe(false);
  unmanaged.add('a');
  unmanaged.delete('a');
  expect(unmanaged.has('a')).toBe(false);
});
