using CsCheck;
using KvStore.Messages.Keys;
using KvStore.Node.Storage;

namespace KvStore.Specs.Contracts;

public abstract partial class KeyStoreContract
{
    private const int ModelShards = 3;

    private static readonly string[] ModelKeys = ["a", "b", "\U0001F600", "\uE000", "it's", "z"];

    private static readonly Gen<ModelStep> Steps = Gen.OneOf<ModelStep>(
        Gen.Select(Gen.Bool, Gen.Int[0, ModelShards - 1]).Select(ModelStep (byA, shard) => new ModelTake(byA, shard)),
        Gen.Select(
                Gen.Bool,
                Gen.Select(Gen.Int[0, ModelShards - 1], Gen.Int[0, ModelKeys.Length - 1], Gen.Int[-1, 0], Gen.Int[-1, 1], Gen.Int[1, 3], Gen.Bool)
                    .Select((shard, key, epochOff, versionOff, step, delete) => new ModelWrite(shard, key, epochOff, versionOff, step, delete))
                    .Array[1, 8])
            .Select(ModelStep (byA, writes) => new ModelCommit(byA, writes)));

    /// <summary>Random takeovers and batches by two nodes, with right and wrong epochs and versions, against a dictionary.</summary>
    [SkippableFact]
    public async Task Random_batches_do_what_a_dictionary_does() => await Steps.Array[1, 12].SampleAsync(
        async steps =>
        {
            // One store serves all samples: what earlier ones left behind is where the next begins.
            var model = new StoreModel();
            await model.ReadAsync(Store);
            foreach (var step in steps)
            {
                await RunAsync(step, model);
            }

            await AssertSameAsync(model);
        },
        iter: 60,
        threads: 1);

    private async Task RunAsync(ModelStep step, StoreModel model)
    {
        switch (step)
        {
            case ModelTake(var byA, var shard):
                model.Leases[shard] = (await TakeOverAsync(byA ? A : B, shard), byA ? A : B);
                break;
            case ModelCommit(var byA, var writes):
                var node = byA ? A : B;
                RowWrite[] rows =
                [
                    .. writes.DistinctBy(write => write.Key).Select(write =>
                    {
                        var expected = Math.Max(0, model.VersionOf(write.Shard, ModelKeys[write.Key]) + write.VersionOff);
                        return Row(
                            ModelKeys[write.Key], write.Shard, model.Leases[write.Shard].Epoch + write.EpochOff, expected, expected + write.Step,
                            write.Delete ? null : $"{expected}");
                    }),
                ];
                var wanted = rows.Select(row => model.Apply(node, row)).ToArray();
                Assert.Equal(wanted, await CommitAsync(node, rows));
                break;
        }
    }

    private async Task AssertSameAsync(StoreModel model)
    {
        for (var shard = 0; shard < ModelShards; shard++)
        {
            foreach (var key in ModelKeys)
            {
                Assert.Equal(model.Rows.GetValueOrDefault((shard, key)), await LoadAsync(shard, key));
            }

            var listed = (await PagesAsync(100, values: true, shards: shard)).Single().Keys.Select(key => key.Key);
            Assert.Equal(ModelKeys.Where(key => model.Rows.GetValueOrDefault((shard, key))?.Value is not null).OrderBy(Key.Parse), listed);
        }
    }

    private abstract record ModelStep;

    private sealed record ModelTake(bool ByA, int Shard) : ModelStep;

    private sealed record ModelCommit(bool ByA, ModelWrite[] Writes) : ModelStep
    {
        public override string ToString() => $"Commit by {(ByA ? A : B)}: {string.Join(", ", Writes.AsEnumerable())}";
    }

    private sealed record ModelWrite(int Shard, int Key, int EpochOff, int VersionOff, int Step, bool Delete);

    private sealed class StoreModel
    {
        public Dictionary<(int Shard, string Key), StoredRow> Rows { get; } = [];

        public (long Epoch, string? Holder)[] Leases { get; } = new (long, string?)[ModelShards];

        public async Task ReadAsync(IKeyStore store)
        {
            for (var shard = 0; shard < ModelShards; shard++)
            {
                var lease = (await store.LookAsync(shard)).Lease;
                Leases[shard] = (lease.Epoch, lease.Holder);
                foreach (var key in ModelKeys)
                {
                    if (await store.LoadAsync(shard, Key.Parse(key)) is { } row)
                    {
                        Rows[(shard, key)] = row;
                    }
                }
            }
        }

        public long VersionOf(int shard, string key) => Rows.GetValueOrDefault((shard, key))?.Version.Number ?? 0;

        public RowOutcome Apply(string node, RowWrite row)
        {
            if (Leases[row.Shard] != (row.Epoch, node))
            {
                return RowOutcome.Fenced;
            }

            if (VersionOf(row.Shard, row.Key.Text) != row.Expected.Number)
            {
                return RowOutcome.Conflict;
            }

            Rows[(row.Shard, row.Key.Text)] = new StoredRow(row.Version, row.Value);
            return RowOutcome.Applied;
        }
    }
}
