// The house rules that no published lint rule knows. What may import what is data; see eslint.config.js.
import { dirname, relative, resolve, sep } from 'node:path';

/** The package that a file belongs to, and its path inside; `undefined` for files outside packages/. */
function locate(root, file) {
  const [, name, path] = /^packages\/([^/]+)\/(.*)$/.exec(relative(root, file).split(sep).join('/')) ?? [];
  return name === undefined ? undefined : { name, path };
}

/** Calls `check(node, source)` for every static and dynamic import and every export from elsewhere. */
function onImport(check) {
  const visit = (node) => typeof node.source?.value === 'string' && check(node, node.source.value);
  return {
    ImportDeclaration: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
    ImportExpression: visit,
  };
}

/** A package boundary is crossed by package name through an exports entry, never by a relative path. */
const packageBoundary = {
  meta: { type: 'problem', schema: [{ type: 'object' }] },
  create(context) {
    const from = locate(context.options[0].root, context.filename);
    return onImport((node, source) => {
      if (from === undefined || !source.startsWith('.')) return;
      const to = locate(context.options[0].root, resolve(dirname(context.filename), source));
      if (to?.name !== from.name) context.report({ node, message: 'A relative import must not leave its package.' });
    });
  },
};

/** Sources import only the packages of ours that they are listed for. */
const importDirection = {
  meta: { type: 'problem', schema: [{ type: 'object' }] },
  create(context) {
    const { root, allowed } = context.options[0];
    const from = locate(root, context.filename);
    return onImport((node, source) => {
      const [, to] = /^@whisul-rx\/([^/]+)/.exec(source) ?? [];
      const list = from && allowed[from.name];
      if (to === undefined || list === undefined || list.includes(to)) return;
      context.report({ node, message: `${from.name} may import ${list.join(', ') || 'nothing'} of ours, not ${to}.` });
    });
  },
};

/** Sources import `node:` modules only where they are listed as running on Node alone. */
const nodeImports = {
  meta: { type: 'problem', schema: [{ type: 'object' }] },
  create(context) {
    const { root, nodeOnly } = context.options[0];
    const from = locate(root, context.filename);
    const permitted = from === undefined || nodeOnly.some((pattern) => pattern.test(`${from.name}/${from.path}`));
    return onImport((node, source) => {
      if (!permitted && source.startsWith('node:')) {
        context.report({ node, message: 'This source runs in browsers, too: no `node:` module.' });
      }
    });
  },
};

/** A suppression names its rule and carries its reason: `eslint-disable-next-line rule -- why`. */
const directiveReason = {
  meta: { type: 'problem', schema: [] },
  create: (context) => ({
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        if (!/^\s*eslint-disable/.test(comment.value) || /^\s*eslint-disable\S*\s+[^-\s].* -- \S/.test(comment.value))
          continue;
        context.report({ loc: comment.loc, message: 'Name the rule and the reason: `eslint-disable-… rule -- why`.' });
      }
    },
  }),
};

export const house = {
  rules: {
    'package-boundary': packageBoundary,
    'import-direction': importDirection,
    'node-imports': nodeImports,
    'directive-reason': directiveReason,
  },
};
