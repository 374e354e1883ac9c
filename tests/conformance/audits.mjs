// Print the results of the audits of graphql-http for the service at a URL, as JSON.
import { serverAudits } from "graphql-http";

const results = [];
for (const audit of serverAudits({ url: process.argv[2] })) {
  const { status, name, reason } = await audit.fn();
  results.push({ id: audit.id, name: name ?? audit.name, status, reason });
}
console.log(JSON.stringify(results));
