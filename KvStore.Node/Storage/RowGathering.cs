namespace KvStore.Node.Storage;

/// <summary>
/// Whether a transaction waits for more rows before it begins. Callers come back some time after they were answered, one by one: where
/// that takes longer than a commit, as for requests that other nodes pass on, the first of them would have a transaction for itself,
/// and the next few another. Each of them costs a server that others use too. (PostgreSQL's <c>commit_delay</c> is the same thought, for
/// its log.) Who writes alone waits for nobody.
/// <para>Not for several threads.</para>
/// </summary>
/// <param name="mostRows">Of a transaction.</param>
/// <param name="most">The longest wait, as exactly as a timer has it.</param>
internal sealed class RowGathering(int mostRows, TimeSpan most)
{
    public static readonly TimeSpan DefaultMost = TimeSpan.FromMilliseconds(3);

    /// <summary>
    /// Of the rows that are usually under way. Callers that keep the writer busy have so many in the queue when a commit ends, and do not
    /// wait at all then.
    /// </summary>
    private const double Part = 0.5;

    /// <summary>What is usual follows a rise at once, and a fall by so much of it a transaction.</summary>
    private const double Forgetting = 0.02;

    /// <summary>The same after a wait in vain: a crowd that a pause had left is not waited for again and again.</summary>
    private const double ForgettingInVain = 0.2;

    /// <summary>After so many times the longest wait without a row those who came before are gone.</summary>
    private const int Recent = 3;

    private double _usual;
    private bool _wasAlone = true;

    public TimeSpan Most => most;

    /// <summary>A transaction has ended, and nobody was told yet: who was may have come back, and would count twice.</summary>
    /// <param name="committed">Rows that it had.</param>
    /// <param name="underWay">These, and those that came meanwhile.</param>
    public void Ended(int committed, int underWay)
    {
        _usual = Math.Max(underWay, Forget(Forgetting, underWay));
        _wasAlone = committed <= 1;
    }

    /// <summary>So many had come when the wait was over, and they were too few.</summary>
    public void EndedInVain(int queued) => _usual = Math.Min(_usual, Forget(ForgettingInVain, queued / Part));

    /// <param name="queued">Rows that there are.</param>
    /// <param name="sinceLast">Time since the last transaction ended.</param>
    /// <returns>How many rows there should be; null where there is nothing to wait for.</returns>
    public int? Wanted(int queued, TimeSpan sinceLast)
    {
        var wanted = Math.Min((int)(Part * _usual), mostRows);
        return !_wasAlone && queued < wanted && sinceLast <= Recent * most ? wanted : null;
    }

    private double Forget(double part, double underWay) => _usual + (part * (underWay - _usual));
}
