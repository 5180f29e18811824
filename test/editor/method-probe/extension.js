// An extension for VS Code: what its providers say at the places of marks.json, each method of the protocol by the command that asks for it.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const vscode = require('vscode');

const run = (command, ...given) => vscode.commands.executeCommand(command, ...given);

async function linesAt(found) {
  return Promise.all(
    (found ?? []).map(async (place) => {
      const document = await vscode.workspace.openTextDocument(place.targetUri ?? place.uri);
      return document.lineAt((place.targetSelectionRange ?? place.targetRange ?? place.range).start.line).text;
    }),
  );
}

function tokensAt({ data }, { tokenTypes }, { line, start }) {
  const found = [];
  let number = 0;
  let character = 0;
  for (let at = 0; at < data.length; at += 5) {
    character = data[at] === 0 ? character + data[at + 1] : data[at + 1];
    number += data[at];
    if (number === line && character === start) found.push(tokenTypes[data[at + 3]]);
  }
  return found;
}

/** The document's lines behind these edits, none of which reaches into another. */
function edited(document, edits) {
  const fromBehind = edits.toSorted((one, other) => other.range.start.compareTo(one.range.start));
  let text = document.getText();
  for (const { range, newText } of fromBehind)
    text = text.slice(0, document.offsetAt(range.start)) + newText + text.slice(document.offsetAt(range.end));
  return text.split('\n');
}

const options = { tabSize: 2, insertSpaces: true };

/** What is said at a mark, by method. */
function readersOf(document) {
  const { uri } = document;
  const isOn = (range, { line, start }) => range.start.line === line && range.start.character === start;
  const places = (command) => async (_, position) => linesAt(await run(command, uri, position));
  const itemAt = async (position) => (await run('vscode.prepareCallHierarchy', uri, position))[0];
  const lensesAt = async ({ line }, resolved) =>
    (await run('vscode.executeCodeLensProvider', uri, resolved)).filter(({ range }) => range.start.line === line);
  const linksAt = async (mark, resolved) =>
    (await run('vscode.executeLinkProvider', uri, resolved)).filter(({ range }) => isOn(range, mark));
  return {
    'textDocument/completion': async (_, __, { end }) =>
      (await run('vscode.executeCompletionItemProvider', uri, end)).items.map(({ label }) => label.label ?? label),
    'textDocument/signatureHelp': async (_, __, { end }) =>
      (await run('vscode.executeSignatureHelpProvider', uri, end)).signatures.map(({ label }) => label),
    'textDocument/hover': async (_, position) =>
      (await run('vscode.executeHoverProvider', uri, position)).flatMap(({ contents }) => contents.map(({ value }) => value)),
    'textDocument/declaration': places('vscode.executeDeclarationProvider'),
    'textDocument/definition': places('vscode.executeDefinitionProvider'),
    'textDocument/typeDefinition': places('vscode.executeTypeDefinitionProvider'),
    'textDocument/implementation': places('vscode.executeImplementationProvider'),
    'textDocument/references': places('vscode.executeReferenceProvider'),
    'textDocument/documentHighlight': async (mark, position) =>
      (await run('vscode.executeDocumentHighlights', uri, position))
        .filter(({ range }) => isOn(range, mark))
        .map(({ kind }) => ['text', 'read', 'write'][kind]),
    'textDocument/prepareCallHierarchy': async (_, position) => [(await itemAt(position)).name],
    'callHierarchy/incomingCalls': async (_, position) =>
      (await run('vscode.provideIncomingCalls', await itemAt(position))).map(({ from }) => from.name),
    'callHierarchy/outgoingCalls': async (_, position) =>
      (await run('vscode.provideOutgoingCalls', await itemAt(position))).map(({ to }) => to.name),
    'textDocument/documentSymbol': async (mark) =>
      (await run('vscode.executeDocumentSymbolProvider', uri))
        .flatMap((symbol) => [symbol, ...(symbol.children ?? [])])
        .filter(({ selectionRange }) => selectionRange.start.line === mark.line)
        .map(({ name, detail }) => `${name} ${detail}`),
    'workspace/symbol': async ({ text, line }) =>
      (await run('vscode.executeWorkspaceSymbolProvider', text))
        .filter(({ location }) => location.range.start.line === line)
        .map(({ name }) => `${text} ${name}`),
    'textDocument/documentLink': async (mark) => (await linksAt(mark)).map(({ range }) => document.getText(range)),
    'documentLink/resolve': async (mark) => (await linksAt(mark, 1000)).map(({ target }) => target.toString(true)),
    'textDocument/codeLens': async (mark) => (await lensesAt(mark)).map(() => 'a lens'),
    'codeLens/resolve': async (mark) => (await lensesAt(mark, 1000)).map(({ command }) => command?.title),
    'textDocument/inlayHint': async (mark, _, range) =>
      (await run('vscode.executeInlayHintProvider', uri, range))
        .filter(({ position }) => position.line === mark.line && position.character >= mark.end)
        .map(({ label }) => (typeof label === 'string' ? label : label.map(({ value }) => value).join(''))),
    'textDocument/foldingRange': async (mark) =>
      (await run('vscode.executeFoldingRangeProvider', uri))
        .filter(({ start }) => start === mark.line)
        .map(({ end }) => document.lineAt(end).text),
    'textDocument/selectionRange': async (_, position) => {
      const texts = [];
      let [next] = await run('vscode.executeSelectionRangeProvider', uri, [position]);
      for (; next !== undefined; next = next.parent) texts.push(document.getText(next.range));
      return texts;
    },
    'textDocument/semanticTokens/range': async (mark, _, range) =>
      tokensAt(
        await run('vscode.provideDocumentRangeSemanticTokens', uri, range),
        await run('vscode.provideDocumentRangeSemanticTokensLegend', uri, range),
        mark,
      ),
    'textDocument/diagnostic': async (mark) =>
      vscode.languages
        .getDiagnostics(uri)
        .filter(({ range }) => isOn(range, mark))
        .map(({ code }) => code.value ?? code),
    'textDocument/codeAction': async (_, __, range) =>
      (await run('vscode.executeCodeActionProvider', uri, range)).map(({ title }) => title),
    'textDocument/rename': async ({ text }, position) => {
      const [newName, , places] = text.split(' ');
      const edits = (await run('vscode.executeDocumentRenameProvider', uri, position, newName)).get(uri);
      const after = edited(document, edits).filter((line) => line.includes(newName));
      return after.length === Number(places) ? [`${newName} x ${edits.length}`] : after;
    },
    'textDocument/prepareRename': async (_, position) => [(await run('vscode.prepareRename', uri, position)).placeholder],
    // It has no command for extensions: the one of the editor itself counts lines and columns from 1.
    'textDocument/linkedEditingRange': async (_, { line, character }) => {
      const { ranges } = await run('_executeLinkedEditingProvider', uri, { lineNumber: line + 1, column: character + 1 });
      const textOf = (range) => document.lineAt(range.startLineNumber - 1).text.slice(range.startColumn - 1, range.endColumn - 1);
      return [...new Set(ranges.map(textOf))].map((text) => `${text} x ${ranges.length}`);
    },
    'textDocument/formatting': async () => edited(document, await run('vscode.executeFormatDocumentProvider', uri, options)),
    'textDocument/rangeFormatting': async (_, __, range) =>
      edited(document, await run('vscode.executeFormatRangeProvider', uri, range, options)),
  };
}

async function ask() {
  const folder = vscode.workspace.workspaceFolders[0].uri.fsPath;
  const { file, marks } = JSON.parse(readFileSync(join(folder, 'marks.json'), 'utf8'));
  const document = await vscode.workspace.openTextDocument(join(folder, file));
  const readers = readersOf(document);
  const answers = {};
  for (const mark of marks) {
    const range = new vscode.Range(mark.line, mark.start, mark.line, mark.end);
    const said = readers[mark.method]?.(mark, range.start, range) ?? Promise.resolve(undefined);
    answers[mark.method] = await said.catch((error) => [`failed: ${error.message}`]);
  }
  writeFileSync(join(folder, 'answers.json'), JSON.stringify(answers));
}

exports.activate = (context) => {
  context.subscriptions.push(vscode.commands.registerCommand('methodProbe.ask', ask));
};
