using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Staging;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>What all faults have in common: begin and end of an episode are noted, whatever its end.</summary>
internal abstract class Fault(string name) : IFault
{
    public string Name => name;

    public abstract bool CanHappenOn(Stage stage);

    public async Task HappenAsync(Stage stage, RunHistory history, Random random, TimeSpan lasting, CancellationToken cancel)
    {
        using var underWay = stage.BeginFault();
        history.Note($"{Name}: begins");
        try
        {
            await HappenAsync(new Episode(Name, stage, history, random, lasting, cancel));
        }
        finally
        {
            history.Note($"{Name}: is over");
        }
    }

    public override string ToString() => Name;

    /// <summary>Does the harm and mends it, whatever happens in between.</summary>
    protected abstract Task HappenAsync(Episode episode);
}

/// <summary>One time that a fault happens.</summary>
internal sealed record Episode(string Fault, Stage Stage, RunHistory History, Random Random, TimeSpan Lasting, CancellationToken Cancel)
{
    public IReadOnlyList<StageNode> Nodes => Stage.Nodes;

    public StageNode AnyNode() => Nodes[Random.Next(Nodes.Count)];

    public void Note(string what) => History.Note($"{Fault}: {what}");

    public Task LastAsync() => Task.Delay(Lasting, Cancel);

    /// <summary>A time between these two.</summary>
    public TimeSpan Between(TimeSpan shortest, TimeSpan longest) => shortest + ((longest - shortest) * Random.NextDouble());
}
