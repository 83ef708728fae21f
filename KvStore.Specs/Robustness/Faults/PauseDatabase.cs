using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>SIGSTOP of all the database's processes: connections stay open, new ones are made by the kernel, and nobody answers.</summary>
internal sealed class PauseDatabase : DatabaseFault
{
    public PauseDatabase()
        : base("pause the database")
    {
    }

    protected override async Task HappenAsync(Episode episode, PostgresServer server)
    {
        server.Pause();
        try
        {
            await episode.LastAsync();
        }
        finally
        {
            server.Continue();
        }
    }
}
