/** What Java is told to run a node, past what its configuration says. */
export function javaArguments(node: {
  folder: string;
  jars: string;
  jmxPort: number;
  isMeasured: boolean;
}): string[] {
  const { folder, jars, jmxPort, isMeasured } = node;
  return [
    '-Xms512M',
    '-Xmx512M',
    '-XX:+UseG1GC',
    // A node of a test lives for a minute or two: what the second compiler does pays nobody back.
    ...(isMeasured ? [] : ['-XX:TieredStopAtLevel=1']),
    '-Djdk.attach.allowAttachSelf=true',
    ...moduleFlags(),
    `-Dcassandra.config=file://${folder}/conf/cassandra.yaml`,
    `-Dcassandra.storagedir=${folder}`,
    '-Dcassandra-foreground=yes',
    `-Dcassandra.jmx.local.port=${jmxPort}`,
    // A cluster that nobody else joins need not wait for whoever might.
    '-Dcassandra.ring_delay_ms=2000',
    '-Dcassandra.skip_wait_for_gossip_to_settle=0',
    '-Dcassandra.superuser_setup_delay_ms=0',
    '-cp',
    `${folder}/conf:${jars}/*`,
    'org.apache.cassandra.service.CassandraDaemon',
  ];
}

/** What Cassandra and its tools need of the JDK's own packages. */
export function moduleFlags(): string[] {
  const unnamed = (flag: string, packages: readonly string[]) =>
    packages.flatMap((name) => [flag, `${name}=ALL-UNNAMED`]);
  return [...unnamed('--add-exports', exportedPackages), ...unnamed('--add-opens', openedPackages)];
}

/** As Cassandra's own start script gives them to Java 17. */
const exportedPackages = [
  'java.base/jdk.internal.misc',
  'java.base/java.lang.ref',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.rmi/sun.rmi.transport.tcp',
  'java.sql/java.sql',
  'jdk.unsupported/sun.misc',
];
const openedPackages = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.module',
  'java.base/java.lang.reflect',
  'java.base/java.net',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.util.jar',
  'java.base/sun.nio.ch',
  'jdk.management/com.sun.management.internal',
];
