/** `npm run install-editor`: installs the embedded editor that `npm start` and the end-to-end tests use; does nothing when it is there. */
import { installEditor, isEditorInstalled } from '../support/embedded-editor.ts';
import { step } from './progress.ts';
import { readOptions } from './read-options.ts';

readOptions(
  'Usage: npm run install-editor\n\nInstalls the embedded editor that "npm start" and tests use, unless it is there.\n',
  {},
);

if (isEditorInstalled()) {
  console.log('The embedded editor is installed.');
} else {
  try {
    await step('Embedded editor ...', installEditor);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
