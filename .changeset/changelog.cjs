// What a change says in CHANGELOG.md: the words of its changeset, without the hash of a commit, which says nothing to users.
const indent = (text) => text.replace(/\n(?=[^\n])/g, '\n  ');

module.exports = {
  /** A change with paragraphs or a list of its own stands by itself; a short one is an item. */
  async getReleaseLine({ summary }) {
    return summary.includes('\n\n') ? `\n\n${summary}` : `\n\n- ${indent(summary)}`;
  },
  async getDependencyReleaseLine(changesets, dependencies) {
    const names = dependencies.map(({ name, newVersion }) => `\`${name}\` ${newVersion}`);
    return names.length === 0 ? '' : `- Works with ${names.join(', ')}`;
  },
};
