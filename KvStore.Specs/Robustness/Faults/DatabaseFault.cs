using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>Something done to the database's processes. Only one of these happens at a time.</summary>
internal abstract class DatabaseFault(string name) : Fault(name)
{
    public override bool CanHappenOn(Stage stage) => stage.Database is not null;

    protected sealed override async Task HappenAsync(Episode episode)
    {
        var turn = episode.Stage.Storage.ServerTurn;
        await turn.WaitAsync(episode.Cancel);
        try
        {
            await HappenAsync(episode, episode.Stage.Database!);
        }
        finally
        {
            turn.Release();
        }
    }

    protected abstract Task HappenAsync(Episode episode, PostgresServer server);
}
