// A page of the site has its title from its front matter, or from the project: the heading of the file would repeat it.
import { MarkdownEvent } from 'typedoc';

export function load(app) {
  app.renderer.on(MarkdownEvent.PARSE, (event) => {
    event.parsedText = event.parsedText.replace(/^\s*# [^\n]*\n/, '');
  });
}
