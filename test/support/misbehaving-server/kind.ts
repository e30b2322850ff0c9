/** A GET of a collection that the executor watches is a list or a watch; everything else is a call. */
export type Kind = 'list' | 'watch' | 'call';

export function kindOf(method: string, url: URL): Kind {
  const collection = method === 'GET' && /\/(jobs|pods|events)$/.test(url.pathname);
  if (!collection) return 'call';
  return url.searchParams.get('watch') === 'true' ? 'watch' : 'list';
}
