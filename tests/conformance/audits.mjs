// Prints what each audit of graphql-http says of the service at an address, as JSON.
import { serverAudits } from "graphql-http";

const told = [];
for (const audit of serverAudits({ url: process.argv[2] })) {
  const { status, name, reason } = await audit.fn();
  told.push({ id: audit.id, name: name ?? audit.name, status, reason });
}
console.log(JSON.stringify(told));
