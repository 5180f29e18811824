import manifest from '../../../package.json' with { type: 'json' };

/** Where the project lives: "https://github.com/OWNER/NAME", without a slash at the end. package.json is the one place that says it. */
export const repositoryUrl: string = manifest.homepage.replace(/#.*/, '');

/** "0.1.0". */
export const projectVersion: string = manifest.version;
