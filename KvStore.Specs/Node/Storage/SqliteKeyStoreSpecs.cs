using KvStore.Specs.Contracts;

namespace KvStore.Specs.Node.Storage;

public sealed class SqliteKeyStoreSpecs() : KeyStoreContract(new SqliteHarness());
