/**
 * Tucks an element away while it would cover what has the focus on the page (WCAG 2.4.11). Something as large as
 * half the window is no control, and is left alone.
 */
export function keepClear(element: HTMLElement, life: AbortSignal): void {
  const check = (): void => {
    const focused = document.activeElement;
    element.toggleAttribute('data-tucked', focused instanceof HTMLElement && covers(element, focused));
  };
  const soon = (): void => void requestAnimationFrame(check);
  for (const name of ['focusin', 'focusout', 'scroll', 'resize']) {
    addEventListener(name, soon, { signal: life, passive: true, capture: true });
  }
}

function covers(element: HTMLElement, focused: HTMLElement): boolean {
  const isOurs = (element.getRootNode() as ShadowRoot).host === focused;
  if (isOurs || focused === document.body) return false;
  const wasTucked = element.hasAttribute('data-tucked');
  element.removeAttribute('data-tucked'); // measure where it wants to be
  const mine = element.getBoundingClientRect();
  element.toggleAttribute('data-tucked', wasTucked);
  const its = focused.getBoundingClientRect();
  if (its.height > innerHeight / 2) return false;
  return its.right > mine.left && its.left < mine.right && its.bottom > mine.top && its.top < mine.bottom;
}
