// A cached file to a TCP socket on loopback, in three ways, interleaved round by round in one process: CPU time of all threads but
// the one that receives, and time on the clock, per GiB. See docs/decisions/0021-files-are-sent-from-memory.md.
//   cc -O2 -o file-to-socket file-to-socket.c -luring -lpthread && ./file-to-socket 7
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <pthread.h>
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <sys/sendfile.h>
#include <sys/resource.h>
#include <sys/eventfd.h>
#include <liburing.h>
#define SIZE (256L<<20)
static int file, sock; static char *buf[2]; static struct io_uring ring;
static void die(const char*s){perror(s);exit(1);}
static volatile long drained;
static pthread_t sinkt; static clockid_t sinkclock;
static void*sink(void*a){int fd=*(int*)a;char*b=malloc(1<<20);long n;while((n=read(fd,b,1<<20))>0)drained+=n;return 0;}
static double cpu(){struct timespec a,b;clock_gettime(CLOCK_PROCESS_CPUTIME_ID,&a);clock_gettime(sinkclock,&b);return a.tv_sec-b.tv_sec+(a.tv_nsec-b.tv_nsec)/1e9;}
static double now(){struct timespec a;clock_gettime(CLOCK_MONOTONIC,&a);return a.tv_sec+a.tv_nsec/1e9;}
static int waitone(){struct io_uring_cqe*c;int r=io_uring_wait_cqe(&ring,&c);if(r<0)die("wait");r=c->res;io_uring_cqe_seen(&ring,c);return r;}
// a: ring: read ahead of the next piece while this one is sent
static void readsend(int piece,int fixed){long at=0;int cur=0;struct io_uring_sqe*s;
 s=io_uring_get_sqe(&ring);if(fixed)io_uring_prep_read_fixed(s,file,buf[0],piece,0,0);else io_uring_prep_read(s,file,buf[0],piece,0);io_uring_submit(&ring);
 int n=waitone();at=n;
 while(n>0){int off=0;
  s=io_uring_get_sqe(&ring);if(fixed)io_uring_prep_read_fixed(s,file,buf[!cur],piece,at,!cur);else io_uring_prep_read(s,file,buf[!cur],piece,at);s->user_data=1;
  s=io_uring_get_sqe(&ring);io_uring_prep_send(s,sock,buf[cur],n,MSG_NOSIGNAL);s->user_data=2;
  io_uring_submit(&ring);int next=0,done=0;
  while(done!=3){struct io_uring_cqe*c;if(io_uring_wait_cqe(&ring,&c)<0)die("w");int r=c->res;long u=c->user_data;io_uring_cqe_seen(&ring,c);if(r<0){errno=-r;die("op");}
   if(u==1){next=r;done|=1;}else{off+=r;if(off<n){s=io_uring_get_sqe(&ring);io_uring_prep_send(s,sock,buf[cur]+off,n-off,MSG_NOSIGNAL);s->user_data=2;io_uring_submit(&ring);}else done|=2;}}
  at+=next;n=next;cur=!cur;}
}
// b: a helper thread calls sendfile until EAGAIN, wakes the ring by an eventfd; the ring polls for room
static pthread_mutex_t mu=PTHREAD_MUTEX_INITIALIZER;static pthread_cond_t cv=PTHREAD_COND_INITIALIZER;static int job;static off_t jobat;static long jobn,jobpiece;static int efd;
static void*worker(void*a){for(;;){pthread_mutex_lock(&mu);while(!job)pthread_cond_wait(&cv,&mu);job=0;pthread_mutex_unlock(&mu);
  jobn=sendfile(sock,file,&jobat,jobpiece);if(jobn<0)jobn=-errno;eventfd_write(efd,1);}return 0;}
static void sf(long piece){jobat=0;while(1){jobpiece=piece;pthread_mutex_lock(&mu);job=1;pthread_cond_signal(&cv);pthread_mutex_unlock(&mu);
  unsigned long v;struct io_uring_sqe*s=io_uring_get_sqe(&ring);io_uring_prep_read(s,efd,&v,8,0);io_uring_submit(&ring);waitone();
  if(jobn==0)break;if(jobn==-EAGAIN){s=io_uring_get_sqe(&ring);io_uring_prep_poll_add(s,sock,POLLOUT);io_uring_submit(&ring);waitone();continue;}if(jobn<0){errno=-jobn;die("sendfile");}}}
// c: splice by the ring, through a pipe
static void sp(int piece){int p[2];if(pipe(p))die("pipe");fcntl(p[1],F_SETPIPE_SZ,piece);long at=0;
 while(1){struct io_uring_sqe*s=io_uring_get_sqe(&ring);io_uring_prep_splice(s,file,at,p[1],-1,piece,0);io_uring_submit(&ring);int n=waitone();if(n<0){errno=-n;die("splice");}if(!n)break;at+=n;
  int left=n;while(left>0){s=io_uring_get_sqe(&ring);io_uring_prep_splice(s,p[0],-1,sock,-1,left,SPLICE_F_MORE);io_uring_submit(&ring);int r=waitone();if(r==-EAGAIN){s=io_uring_get_sqe(&ring);io_uring_prep_poll_add(s,sock,POLLOUT);io_uring_submit(&ring);waitone();continue;}if(r<0){errno=-r;die("splice2");}left-=r;}}
 close(p[0]);close(p[1]);}
int main(int c,char**v){int rounds=c>1?atoi(v[1]):5;
 char name[]="/tmp/file-to-socket-XXXXXX";file=mkstemp(name);char*z=malloc(1<<20);for(int i=0;i<1<<20;i++)z[i]=i*31;for(long i=0;i<SIZE;i+=1<<20)if(write(file,z,1<<20)<0)die("write");
 int l=socket(AF_INET,SOCK_STREAM,0);struct sockaddr_in a={.sin_family=AF_INET,.sin_addr.s_addr=htonl(INADDR_LOOPBACK)};socklen_t n=sizeof a;bind(l,(void*)&a,n);listen(l,1);getsockname(l,(void*)&a,&n);
 sock=socket(AF_INET,SOCK_STREAM,0);connect(sock,(void*)&a,n);int peer=accept(l,0,0);fcntl(sock,F_SETFL,O_NONBLOCK);
 io_uring_queue_init(64,&ring,IORING_SETUP_SINGLE_ISSUER|IORING_SETUP_DEFER_TASKRUN);struct iovec iov[2];for(int i=0;i<2;i++){posix_memalign((void**)&buf[i],4096,1<<20);memset(buf[i],0,1<<20);iov[i].iov_base=buf[i];iov[i].iov_len=1<<20;}
 io_uring_register_buffers(&ring,iov,2);efd=eventfd(0,0);pthread_t w;pthread_create(&w,0,worker,0);pthread_create(&sinkt,0,sink,&peer);pthread_getcpuclockid(sinkt,&sinkclock);
 const char*names[]={"read+send 32K x2","read+send 64K x2","read+send fixed 64K x2","read+send 256K x2","sendfile 64K","sendfile 256K","sendfile 1M","splice 64K","splice 256K"};
 double best[9][50][2];
 for(int r=-1;r<rounds;r++)for(int k=0;k<9;k++){long before=drained;double c0=cpu(),t0=now();
  switch(k){case 0:readsend(32<<10,0);break;case 1:readsend(64<<10,0);break;case 2:readsend(64<<10,1);break;case 3:readsend(256<<10,0);break;case 4:sf(64<<10);break;case 5:sf(256<<10);break;case 6:sf(1<<20);break;case 7:sp(64<<10);break;case 8:sp(256<<10);}
  while(drained-before<SIZE)usleep(100);
  if(r>=0){best[k][r][0]=cpu()-c0;best[k][r][1]=now()-t0;}}
 for(int k=0;k<9;k++){double x[50],y[50];for(int r=0;r<rounds;r++){x[r]=best[k][r][0];y[r]=best[k][r][1];}
  for(int i=0;i<rounds;i++)for(int j=i+1;j<rounds;j++){if(x[j]<x[i]){double t=x[i];x[i]=x[j];x[j]=t;}if(y[j]<y[i]){double t=y[i];y[i]=y[j];y[j]=t;}}
  printf("%-24s cpu %.0f ms/GiB (min %.0f)  wall %.0f ms/GiB\n",names[k],x[rounds/2]*4000,x[0]*4000,y[rounds/2]*4000);}
 unlink(name);}
