namespace KvStore.Node.Storage;

/// <summary>The verdict on a row of a batch that can take effect no more, under an epoch that only its own node had.</summary>
internal static class Settlement
{
    /// <param name="stored">The row's version in the store, or null where there is no row.</param>
    public static SettledRow Judge(RowWrite row, long? stored) =>
        stored == row.Version.Number ? SettledRow.Applied
        : (stored ?? 0) == row.Expected.Number ? SettledRow.NotApplied
        : SettledRow.Unknown;
}
