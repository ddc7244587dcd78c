// Holds a feed against the standard's own validators: node validate.js FEED_URL. Prints what they found as JSON.
// No network: the activity list is the copy beside this file (names and identifiers of all of its concepts, CC BY 4.0).

const { RpdeValidator } = require('@openactive/rpde-validator');
const { validate } = require('@openactive/data-model-validator');
const loader = require('@openactive/data-model-validator/src/helpers/json-loader');
const activities = require('./activity-list.json');

const offline = loader.getFile;
loader.getFile = async (url, options) => (url === activities.id
  ? { errorCode: loader.ERROR_NONE, statusCode: 200, data: activities, url, exception: null }
  : offline(url, options));

const plain = (where, errors) => errors.map(({ severity, type, message, path }) => ({ where, severity, type, message, path }));

async function main(feed) {
  const log = await RpdeValidator(feed, { pageLimit: 50 });
  const found = log.pages.flatMap((page) => plain(page.url, page.errors));
  const items = [];
  for (let url = feed, last = false; !last;) {
    const page = await (await fetch(url)).json();
    items.push(...page.items);
    last = page.items.length === 0 && page.next === url;
    url = page.next;
  }
  for (const item of items.filter(({ state }) => state === 'updated')) {
    found.push(...plain(item.id, await validate(item.data, { loadRemoteJson: false })));
  }
  process.stdout.write(JSON.stringify({ pages: log.pages.length, items: items.length, found }));
}

main(process.argv[2]).catch((error) => { process.stderr.write(`${error.stack}\n`); process.exitCode = 1; });
