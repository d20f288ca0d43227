// What clients of several kinds write to subscribe to the topic that is shown.
(() => {
  const quote = text => JSON.stringify(text);
  // For a shell: within single quotes only these have to be left for a moment.
  const shell = text => `'${text.replaceAll("'", `'\\''`)}'`;
  const isHere = ({ hostname }) => /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
  const isEverywhere = ({ hostname }) => /^(0\.0\.0\.0|\[::\])$/.test(hostname);
  // The origin that clients come to, '' where there is none for them; undefined until that is known.
  let origin, needToken = false, kind = 'curl';
  const bearer = '"Authorization: Bearer $TOKEN"';
  const options = socket => needToken
    ? `{
  url: ${quote(`${socket}/graphql`)},
  connectionParams: () => ({ Authorization: \`Bearer \${process.env.TOKEN}\` }),
}` : `{ url: ${quote(`${socket}/graphql`)} }`;
  const kinds = {
    curl: topic => `curl -N -H 'Accept: text/event-stream'${needToken ? ` -H ${bearer}` : ''} ${
      shell(`${origin}/topics/${topic.name}`)}`,
    websockets: (topic, socket) => needToken ? `python3 - <<'END'
import os
from websockets.sync.client import connect

token = {"Authorization": "Bearer " + os.environ["TOKEN"]}
with connect(${quote(`${socket}/topics/${topic.name}`)}, additional_headers=token) as events:
    for event in events:
        print(event, flush=True)
END` : `python -m websockets ${shell(`${socket}/topics/${topic.name}`)}`,
    'graphql-ws': (topic, socket) => `import { createClient } from 'graphql-ws';

const client = createClient(${options(socket)});
for await (const result of client.iterate({ query: ${quote(topic.document)} })) {
  console.log(result);
}`,
    gql: (topic, socket) => `gql-cli ${shell(`${socket}/graphql`)}${needToken ? ` -H ${bearer}` : ''} <<'END'
${topic.document}
END`,
    Apollo: (topic, socket) => `import { ApolloClient, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';

const client = new ApolloClient({
  link: new GraphQLWsLink(createClient(${options(socket).replaceAll('\n', '\n  ')})),
  // Apollo would add __typename, and then it is another operation than the topic's.
  cache: new InMemoryCache({ addTypename: false }),
});
client.subscribe({ query: gql(${quote(topic.document)}) }).subscribe(result => console.log(result));`,
  };
  window.showExample = () => {
    for (const button of $('clientKinds').children) button.setAttribute('aria-pressed', button.textContent === kind);
    $('example').textContent = !topic || origin === undefined ? '' : origin === ''
      ? 'Clients come by a Unix socket, or through a proxy whose address the relay doesn\'t know.'
      : kinds[kind](topic, origin.replace(/^http/, 'ws'));
  };
  // Clients come to the address of this page, or to one of those that the report names. A browser on another machine
  // reaches none of the relay's loopback.
  window.comeTo = ({ addresses, needToken: asked }) => {
    const urls = addresses?.filter(address => URL.canParse(address)).map(address => new URL(address));
    const url = urls?.find(url => !isHere(url) || isHere(location)) ?? urls?.[0];
    if (url && isEverywhere(url)) url.hostname = location.hostname;
    const next = urls ? url?.origin ?? '' : location.origin;
    if (next === origin && asked === needToken) return;
    origin = next; needToken = asked;
    showExample();
  };
  for (const name of Object.keys(kinds)) {
    const button = document.createElement('button');
    button.textContent = name;
    button.onclick = () => { kind = name; showExample(); };
    $('clientKinds').append(button);
  }
  $('copy').onclick = async () => {
    await navigator.clipboard.writeText($('example').textContent);
    $('copy').textContent = 'Copied';
    setTimeout(() => { $('copy').textContent = 'Copy'; }, 1500);
  };
  showExample();
})();
