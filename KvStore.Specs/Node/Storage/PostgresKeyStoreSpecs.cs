using KvStore.Specs.Contracts;

namespace KvStore.Specs.Node.Storage;

public sealed class PostgresKeyStoreSpecs() : KeyStoreContract(new PostgresHarness());
