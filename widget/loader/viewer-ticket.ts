const MARK = 'ringback-viewer=';

/**
 * The ticket an agent's or manager's frame was opened with. It is taken out of the address before anything else runs, so that
 * neither the page nor the history keeps it. The empty string means: this frame was a viewer before.
 */
export function takeViewerTicket(): string | undefined {
  const { hash } = location;
  const at = hash.indexOf(MARK);
  if (at > 0) {
    const rest = hash.slice(0, at - 1);
    history.replaceState(history.state, '', location.pathname + location.search + rest);
    return hash.slice(at + MARK.length);
  }
  try {
    return sessionStorage.getItem('ringback-viewer') === null ? undefined : '';
  } catch {
    return undefined;
  }
}
