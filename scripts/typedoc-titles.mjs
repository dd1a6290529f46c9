// The first page of the site has its title from the project, and that of a package from its name: the heading of the
// README would repeat it.
import { MarkdownEvent } from 'typedoc';

export function load(app) {
  // Before the Markdown is read, which is what listeners of priority 0 do.
  app.renderer.on(
    MarkdownEvent.PARSE,
    (event) => {
      if (event.page.url === 'index.html' || event.page.url.startsWith('modules/'))
        event.parsedText = event.parsedText.replace(/^\s*# [^\n]*\n/, '');
    },
    1,
  );
}
