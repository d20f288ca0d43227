// What clients of several kinds write to subscribe to the topic that is shown.
(() => {
  const quote = text => JSON.stringify(text);
  // For a shell: within single quotes only these have to be left for a moment.
  const shell = text => `'${text.replaceAll("'", `'\\''`)}'`;
  const origin = location.origin, socket = secure + location.host;
  const kinds = {
    curl: topic => `curl -N -H 'Accept: text/event-stream' ${shell(`${origin}/topics/${topic.name}`)}`,
    websockets: topic => `python -m websockets ${shell(`${socket}/topics/${topic.name}`)}`,
    'graphql-ws': topic => `import { createClient } from 'graphql-ws';

const client = createClient({ url: ${quote(`${socket}/graphql`)} });
for await (const result of client.iterate({ query: ${quote(topic.document)} })) {
  console.log(result);
}`,
    gql: topic => `gql-cli ${shell(`${socket}/graphql`)} <<'END'
${topic.document}
END`,
    Apollo: topic => `import { ApolloClient, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';

const client = new ApolloClient({
  link: new GraphQLWsLink(createClient({ url: ${quote(`${socket}/graphql`)} })),
  // Apollo would add __typename, and then it is another operation than the topic's.
  cache: new InMemoryCache({ addTypename: false }),
});
client.subscribe({ query: gql(${quote(topic.document)}) }).subscribe(result => console.log(result));`,
  };
  let kind = 'curl';
  window.showExample = () => {
    for (const button of $('clientKinds').children) button.setAttribute('aria-pressed', button.textContent === kind);
    $('example').textContent = topic ? kinds[kind](topic) : '';
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
