// Apply a folder with drizzle or node-pg-migrate, as their users do. Ends with 1, and says why, where the tool refuses.
// The database comes from PGHOST and its like.

const [tool, folder, direction = "up"] = process.argv.slice(2);

async function drizzle() {
  const { drizzle } = await import("drizzle-orm/node-postgres");
  const { migrate } = await import("drizzle-orm/node-postgres/migrator");
  const { default: pg } = await import("pg");
  const client = new pg.Client();
  await client.connect();
  try {
    await migrate(drizzle(client), { migrationsFolder: folder });
  } finally {
    await client.end();
  }
}

async function nodePgMigrate() {
  const { runner } = await import("node-pg-migrate");
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const count = direction === "down" ? 1 : Infinity;
  await runner({ databaseUrl: {}, dir: folder, direction, count, migrationsTable: "pgmigrations", logger: quiet });
}

try {
  await (tool === "drizzle" ? drizzle() : nodePgMigrate());
} catch (error) {
  console.error(String(error.cause ?? error));
  process.exit(1);
}
