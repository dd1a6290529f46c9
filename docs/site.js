// The guides are what a newcomer needs: their part of the menu is open until somebody closes it.
try {
  globalThis.localStorage['tsd-accordion-Guides'] ??= 'true';
} catch {
  // Without storage the menu starts closed.
}
