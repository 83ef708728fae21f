using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>The database ends in some way, and is started again.</summary>
internal sealed class DatabaseDown : DatabaseFault
{
    private readonly Func<PostgresServer, Task> _end;
    private readonly bool _staysAway;

    private DatabaseDown(string name, Func<PostgresServer, Task> end, bool staysAway)
        : base(name) => (_end, _staysAway) = (end, staysAway);

    /// <summary>SIGKILL of all its processes; it recovers from its log at once.</summary>
    public static DatabaseDown Killed { get; } = new("kill the database", server => server.KillEveryProcessAsync(), staysAway: false);

    /// <summary>SIGQUIT: it drops everything, and says so to its clients.</summary>
    public static DatabaseDown Crashed { get; } = new("crash the database", server => server.KillAsync(), staysAway: false);

    public static DatabaseDown Restarted { get; } = new("restart the database", server => server.StopAsync(), staysAway: false);

    /// <summary>Connections are refused for as long as the episode lasts.</summary>
    public static DatabaseDown ShutDown { get; } = new("shut the database down", server => server.StopAsync(), staysAway: true);

    protected override async Task HappenAsync(Episode episode, PostgresServer server)
    {
        try
        {
            await _end(server);
            episode.Note("it is down");
            if (_staysAway)
            {
                await episode.LastAsync();
            }
        }
        finally
        {
            if (!server.IsRunning)
            {
                await server.StartAsync();
                episode.Note("it is up");
            }
        }
    }
}
